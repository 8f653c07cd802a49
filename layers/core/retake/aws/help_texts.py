"""botocore without the texts it can write about its calls: a fiftieth of each function's start.

Every client gives each of its methods a text that is made when somebody reads it, and loading that
loads a parser of HTML. Nobody reads them here.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import botocore

PACKAGE = "botocore.docs"
TEXTS = ("ClientMethodDocstring", "PaginatorDocstring", "WaiterDocstring")


@contextmanager
def without_help_texts() -> Iterator[None]:
    """Within this, botocore's modules that are loaded find texts that are empty.

    Afterwards the package is found as it is: for boto3, where a process has both.
    """
    if PACKAGE in sys.modules:
        yield
        return
    package, texts = ModuleType(PACKAGE), ModuleType(f"{PACKAGE}.docstring")
    package.__path__ = [str(Path(botocore.__file__).parent / "docs")]  # its `utils` are asked for
    for name in TEXTS:
        setattr(texts, name, _no_text)
    sys.modules |= {PACKAGE: package, texts.__name__: texts}
    try:
        yield
    finally:
        del sys.modules[PACKAGE], sys.modules[texts.__name__]


def _no_text(**about: object) -> str:
    return ""
