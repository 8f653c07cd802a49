"""botocore's descriptions of AWS in the form that loads fastest, where the build has made it."""

import marshal
import sys
from typing import Any

from botocore.loaders import JSONFileLoader

_ENDING = f".{sys.implementation.cache_tag}.data"


class CompiledModels(JSONFileLoader):
    """Reads what `make build` lays beside each description (tools/compiled_models.py).

    It is a fifth of the work of parsing the JSON, which is read where there is nothing beside it:
    in a layer that was built otherwise, or runs on another Python than it was built for.
    """

    def load_file(self, file_path: str) -> Any:
        """As botocore's own: None where there is no such description."""
        try:
            with open(file_path + _ENDING, "rb") as file:
                return marshal.loads(file.read())  # `load` asks the file for each word
        except (OSError, ValueError, EOFError, TypeError):
            return super().load_file(file_path)
