"""Statistics of series: told, and kept true beside other programs. Writes keep them by `kirok.stores.sql.series`."""
