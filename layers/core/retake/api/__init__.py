"""The job API: one file per action, and the routes on top."""
