"""One real provider behind the stack on this machine: what stands between the two."""
