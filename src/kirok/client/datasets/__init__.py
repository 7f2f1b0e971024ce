"""Datasets as people log them: data in memory, described by name, digest, schema, profile and source."""
