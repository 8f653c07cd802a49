"""Writes docs/licences.md: under which licence each package of the layers comes.

Run by `make docs`. A licence that is not in `ALLOWED` stops it: somebody has to read it first.
"""

import re
from collections.abc import Iterator
from importlib.metadata import metadata

from local.emulator.engine import ROOT
from local.errors import UserError

PAGE = ROOT / "docs" / "licences.md"
# Those that ask for no more than to be named; MPL-2.0 also for changes to its own files, and none
# are made.
ALLOWED = (
    "Apache-2.0",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD-3-Clause",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
)
# Where the package's own data only says that there are two: what its LICENSE file says.
READ = {"python-dateutil": "Apache-2.0 OR BSD-3-Clause"}
_HEAD = """# Licences

Retake itself is under the [MIT licence](../LICENSE). Its two layers install these packages into
your account, each in the version locked in `layers/*/requirements.txt`; nothing else of anybody is
deployed. This page is written by `make docs`.

| package | version | licence | layer |
|---|---|---|---|
"""
_TAIL = """
The wheel of `av` carries FFmpeg and the libraries that it decodes and encodes with, under licences
of their own (LGPL, and GPL for x264 and x265); the PyAV project names them. They are used as they
come, inside your own account. Whoever hands out the built layer to others passes FFmpeg on, and has
to keep to those licences.
"""


def page() -> str:
    """The whole page. Raises UserError for a licence that nobody has allowed."""
    return _HEAD + "".join(_rows()) + _TAIL


def _rows() -> Iterator[str]:
    for layer in ("core", "media"):
        text = (ROOT / "layers" / layer / "requirements.txt").read_text()
        for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE):
            about = metadata(name)
            said = (about[each] for each in ("License-Expression", "License") if each in about)
            licence = READ.get(name) or next(filter(None, said), "unknown")
            if licence not in ALLOWED:
                raise UserError(f"{name} is under {licence!r}, which is not in tools/licences.py.")
            yield f"| `{name}` | {about['Version']} | {licence} | {layer} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
