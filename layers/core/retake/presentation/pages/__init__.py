"""The pages people open: before and after, the board, and plain ones."""
