"""What Lotse is about: pure Python, no I/O, no async, standard library only."""
