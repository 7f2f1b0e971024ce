"""`kirok.data`: datasets to log with `log_input`."""

from kirok.client.datasets.records import Dataset, NumpyDataset, PandasDataset, from_numpy, from_pandas
from kirok.client.datasets.sources import DatasetSource

__all__ = ["Dataset", "DatasetSource", "NumpyDataset", "PandasDataset", "from_numpy", "from_pandas"]
