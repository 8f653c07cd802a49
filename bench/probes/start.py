"""Starts one function as Lambda does, or the reference; prints milliseconds of wall and CPU time.

    python start.py ROOM function|reference

The times are those of the whole process up to here, its own start included.
"""

import os
import sys
import time

room, name = sys.argv[1:]
if name == "reference":
    sys.path.insert(0, f"{room}/runtime")
    import boto3

    boto3.client("s3")
else:
    # As Lambda searches: the function, then the layers.
    sys.path[:0] = [f"{room}/functions/{name}", f"{room}/core", f"{room}/media"]
    import app  # type: ignore[import-not-found]  # the function's own

    del app
wall = time.time() - float(os.environ["STARTED_AT"])
print(wall * 1000, time.process_time() * 1000)
