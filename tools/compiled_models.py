"""Lays botocore's descriptions of AWS beside themselves as the interpreter that runs this reads
them fastest: `service-2.json` also as `service-2.cpython-313.data`.

    python3.13 tools/compiled_models.py .aws-sam/build

Like bytecode: only the same version of Python reads it (retake/aws/service_models.py), and another
one takes the JSON. There is nothing in it but the standard library.
"""

import json
import marshal
import sys
from pathlib import Path


def compile_models(folder: Path) -> int:
    """Every description in the botocore below this folder, each anew; how many there are."""
    files = [file for data in folder.rglob("botocore/data") for file in data.rglob("*.json")]
    for file in files:
        described = json.loads(file.read_text("utf-8"))
        compiled = file.with_suffix(f".{sys.implementation.cache_tag}.data")
        compiled.write_bytes(marshal.dumps(described))
    return len(files)


if __name__ == "__main__":
    compile_models(Path(sys.argv[1]))
