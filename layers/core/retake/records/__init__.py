"""The record of each edit, the only ways it may change, and every key of the table."""
