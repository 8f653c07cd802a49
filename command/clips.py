"""Which clips were meant: a file, a folder of them, or what lies in the inbox bucket already."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from command.refusals import CommandRefused

if TYPE_CHECKING:
    from command.door import Door

ENDINGS = (".mp4", ".m4v", ".mov", ".qt")
TYPES = {".mov": "video/quicktime", ".qt": "video/quicktime"}
PICTURES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
# Folders of the inbox whose files belong to other edits (docs/using.md).
NOT_CLIPS = ("images/", "presets/", "sources/")
SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class FileClip:
    """A clip on this machine."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def content_type(self) -> str:
        return TYPES.get(self.path.suffix.lower(), "video/mp4")

    def digest(self) -> str:
        """Of its bytes: a file that was renamed is the same clip."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def facts(self) -> Any:
        """What is in it (retake.domain.footage.Footage). Raises CommandRefused for no video."""
        # Here: it takes libav along, which most verbs can do without.
        from retake.domain.errors import NotFootage
        from retake.media.probe import probe

        if self.path.stat().st_size == 0:
            raise CommandRefused(f"{self.name} is empty.", code="NOT_A_VIDEO")
        try:
            with self.opened() as reader:
                return probe(reader)
        except NotFootage as refusal:
            raise CommandRefused(f"{self.name}: {refusal}", code="NOT_A_VIDEO") from None

    def asked(self) -> dict[str, Any]:
        """As `POST /quotes` wants it described. Raises as `facts`."""
        names = ("duration_seconds", "width", "height", "fps", "size_bytes", "container", "codec")
        footage = self.facts()
        return {"clip": {name: getattr(footage, name) for name in names}}

    def opened(self) -> "_FileReader":
        """A context manager: the file as `retake.media` reads one."""
        return _FileReader(self.path)


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip that lies in the inbox bucket, in the version that was listed."""

    key: str
    version: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.key).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.key).stem

    def digest(self) -> str:
        return hashlib.sha256(f"{self.key}\n{self.version}".encode()).hexdigest()

    def asked(self) -> dict[str, Any]:
        """As `POST /quotes` wants it named."""
        return {"source": self.key}


Clip = FileClip | StoredClip


class _FileReader:
    """A file as `probe` reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "_FileReader":
        self._file = self._path.open("rb")
        self.size_bytes = self._path.stat().st_size
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()

    def read_at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)


def existing(path: Path) -> Path:
    """The file. Raises CommandRefused that says what is there instead."""
    if path.is_dir():
        raise CommandRefused(f"{path} is a folder; name a clip in it.")
    if not path.is_file():
        raise CommandRefused(f"There is no file {path}.")
    return path


def named(what: str, door: "Door") -> list[Clip]:
    """What a person means by one word. Raises CommandRefused where there is nothing."""
    if what.startswith(SCHEME):
        found: list[Clip] = list(_stored(what, door))
        if not found:
            raise CommandRefused(f"There is no clip under {what}.")
        return found
    path = Path(what)
    if path.is_dir():
        clips: list[Clip] = [FileClip(each) for each in in_folder(path)]
        if not clips:
            raise CommandRefused(f"There is no clip in {path}; clips end in {', '.join(ENDINGS)}.")
        return clips
    return [FileClip(existing(path))]


def in_folder(folder: Path) -> list[Path]:
    """The clips that lie in a folder itself, by name; hidden files are none."""
    return sorted(
        each
        for each in folder.iterdir()
        if each.suffix.lower() in ENDINGS and not each.name.startswith(".") and each.is_file()
    )


def _stored(what: str, door: "Door") -> Iterator[StoredClip]:
    bucket, _, key = what.removeprefix(SCHEME).partition("/")
    if bucket not in ("inbox", door.inbox_bucket):
        raise CommandRefused(
            f"{bucket} is not the inbox of {door.name}; that is {door.inbox_bucket}, "
            "or s3://inbox/ for short."
        )
    prefix = door.outputs.get("InboxPrefix", "")
    is_folder = not key or key.endswith("/")
    pages = door.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=door.inbox_bucket, Prefix=key or prefix):
        for item in page.get("Contents", []):
            here = str(item["Key"])
            if not here.lower().endswith(ENDINGS) or (not is_folder and here != key):
                continue
            if here.removeprefix(prefix).startswith(NOT_CLIPS) and not key:
                continue
            yield StoredClip(here, str(item["ETag"]))
