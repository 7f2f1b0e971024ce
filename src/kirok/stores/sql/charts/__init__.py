"""The older part of long series in packed columns, and the charts, samples and histories that read it."""
