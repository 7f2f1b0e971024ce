"""What databases that are reached over a network have in common: connections that may break, other writers."""
