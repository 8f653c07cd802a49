"""What an edit is: words, values, errors and signed links. No I/O; it imports nothing of ours."""
