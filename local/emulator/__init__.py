"""AWS on this machine: started, deployed into, and talked to."""
