"""A file on its way into the inbox bucket: a form of the API, posted straight to S3."""

import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from command.refusals import CommandRefused
from local.errors import OutOfReach

if TYPE_CHECKING:
    from command.door import Door

PIECE_BYTES = 1 << 18
SECONDS = 600


def upload(
    door: "Door", path: Path, content_type: str, told: Callable[[int, int], None] | None = None
) -> str:
    """Put a file where it starts no edit, and give its key. `told` hears bytes done, and all.

    Raises CommandRefused, OutOfReach.
    """
    size = path.stat().st_size
    form = door.read(
        "POST",
        "/uploads",
        {"file_name": path.name, "content_type": content_type, "size_bytes": size},
    )
    edge = secrets.token_hex(16)
    head = _head(edge, form["fields"], path.name, content_type)
    tail = f"\r\n--{edge}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield head
        done = 0
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece
                done += len(piece)
                if told:
                    told(done, size)
        yield tail

    request = urllib.request.Request(  # https, or this machine's own engine
        form["url"],
        data=pieces(),
        method="POST",
        headers={
            "content-type": f"multipart/form-data; boundary={edge}",
            "content-length": str(len(head) + size + len(tail)),
        },
    )
    try:
        with opener(form["url"]).open(request, timeout=SECONDS):
            pass
    except urllib.error.HTTPError as error:
        with error:
            raise CommandRefused(f"S3 did not take {path.name}: HTTP {error.code}.") from None
    except OSError as error:
        raise OutOfReach(f"{path.name} did not get through: {error}") from None
    return str(form["key"])


def opener(url: str) -> urllib.request.OpenerDirector:
    """A proxy of the user's is for the internet, never for this machine."""
    is_here = urlsplit(url).hostname in ("127.0.0.1", "localhost")
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if is_here else []))


def _head(edge: str, fields: Mapping[str, str], name: str, content_type: str) -> bytes:
    parts = [
        f'--{edge}\r\ncontent-disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    safe = "".join(char if char.isalnum() or char in "._-" else "_" for char in name)
    parts.append(
        f'--{edge}\r\ncontent-disposition: form-data; name="file"; filename="{safe}"\r\n'
        f"content-type: {content_type}\r\n\r\n"
    )
    return "".join(parts).encode()
