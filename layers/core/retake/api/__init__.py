"""The job API: one file per action, and the routes on top."""

import os

# pydantic would look through all packages for plugins of itself; there is none, and none shall
# read along (pydantic's docs, "Pydantic Plugins").
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
