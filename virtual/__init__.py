"""A stack in memory: the real steps, handlers and state machine between stores in dictionaries, in
virtual time. The fault harness, the tests of steps and the bench stand on it.
"""
