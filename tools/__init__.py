"""Writes what is made from the code, and prepares what is deployed."""
