"""The command line of the stack on this machine, and what it shows."""
