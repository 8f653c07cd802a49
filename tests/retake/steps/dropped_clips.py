"""A clip that is dropped, with settings on any of its roads."""

import json
from typing import Any

from virtual.scene import Scene

KEY = "rainy/night/clip.mp4"
SIDECAR = "rainy/night/clip.mp4.json"
DEEP = "presets/rainy/night.json"
SHALLOW = "presets/rainy.json"


def dropped(
    metadata: dict[str, str], documents: dict[str, Any], key: str = KEY
) -> tuple[Scene, Any]:
    scene = Scene()
    edit = scene.upload(key, prompt="")
    scene.storage.metadata[key] = metadata
    for name, fields in documents.items():
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        scene.storage.objects["inbox", name] = body
        scene.storage.versions["inbox", name] = f"version of {name}"
    return scene, edit
