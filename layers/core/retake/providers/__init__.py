"""One file per provider, and the one contract that all of them keep."""
