"""A check of a deployed stack with its owner's own credentials: what no local run can prove.

`retake doctor --stack NAME` (make smoke). It knows of the stack what every user knows, its
name; everything it makes on the way it removes again.
"""
