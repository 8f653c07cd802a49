"""What people see: messages, the before/after page and the board."""
