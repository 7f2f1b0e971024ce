"""Charts as pure functions of points: what every kind of store that holds points draws with."""
