"""Where things lie, as text that people and rows hold: the one parser of paths and URIs."""
