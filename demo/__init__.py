"""A first look: real trainings, tracked by kirok's own client, on a server of their own."""
