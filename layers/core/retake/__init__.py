"""Retake: video edits by instruction, inside your own AWS account."""

import gc
import os

# Importing makes thousands of objects and no garbage, and looking for it takes a quarter of a cold
# start. Lambda names its start like this (Lambda's guide, "Defined runtime environment variables");
# `retake.container.ready` ends the pause, and nowhere else is there one.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    gc.disable()
