"""`kirok doctor`: every step between this machine and its records, tried one after the other."""
