"""What an edit is: words, values, errors, signed links. Imports nothing of ours."""
