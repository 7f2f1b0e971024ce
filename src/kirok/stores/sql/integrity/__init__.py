"""Whether rows agree with each other, in set-based statements that take bounded memory on millions of points."""
