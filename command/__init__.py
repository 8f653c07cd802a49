"""The `retake` command: the same verbs for the stack on this machine and a deployed one."""
