"""Scripts that are run in fresh processes, some by other interpreters."""
