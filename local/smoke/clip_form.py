"""A clip, and the form in which a browser sends it."""

import tempfile
import uuid
from pathlib import Path

CLIP_SECONDS = 3.0  # the shortest that models take, and so the cheapest


def clip_bytes() -> bytes:
    """A clip as the smoke test sends it, made here."""
    from local.sample import make_clip

    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "smoke.mp4", duration_seconds=CLIP_SECONDS, fps=24)
        return clip.read_bytes()


def multipart(fields: dict[str, str], file: bytes) -> tuple[bytes, dict[str, str]]:
    """A form as a browser sends it: body and headers."""
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = b"".join([*parts, head.encode(), file, f"\r\n--{mark}--\r\n".encode()])
    return body, {"content-type": f"multipart/form-data; boundary={mark}"}
