"""The catalogue that every table of MLflow's schema is written into."""

from sqlalchemy import MetaData

metadata = MetaData()
