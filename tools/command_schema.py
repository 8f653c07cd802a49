"""docs/command.schema.json: what `retake VERB --json` prints, as JSON Schema.

`python -m tools.command_schema` renews it; a test fails while it is not what the code says.
"""

import json
from typing import Any

from local.emulator.engine import ROOT

DOCUMENT = ROOT / "docs" / "command.schema.json"


def document() -> dict[str, Any]:
    """A schema for each verb under `properties`; every verb may answer with an error instead."""
    from pydantic.json_schema import models_json_schema

    from command.answers import ANSWERS, ErrorTold

    kinds = {kind for each in ANSWERS.values() for kind in each} | {ErrorTold}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, made = models_json_schema([(kind, "serialization") for kind in ordered])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What retake prints with --json",
        "description": "Under each verb's name: one object on stdout, of `watch` one in each line.",
        "properties": {
            verb: {"anyOf": [_named(kind) for kind in (*each, ErrorTold)]}
            for verb, each in ANSWERS.items()
        },
        "$defs": _without_null_defaults(made["$defs"]),
    }


def _named(kind: Any) -> dict[str, str]:
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _without_null_defaults(schemas: dict[str, Any]) -> dict[str, Any]:
    """What has no value is left out of the API's answers."""
    for schema in schemas.values():
        fields = schema.get("properties", {})
        optional = {name for name, field in fields.items() if field.get("default", ...) is None}
        for field in fields.values():
            field.pop("default", None)
        if optional and "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in optional]
    return schemas


def text() -> str:
    """The document as it is stored."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text())
    print(f"Wrote {DOCUMENT.relative_to(ROOT)}.")
