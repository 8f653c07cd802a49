"""Where a caller may put a clip or a picture, so that an edit can name it."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from retake.aws.presigned import PresignedForm, Presigner
from retake.catalog.models import MODELS
from retake.domain.errors import Refused
from retake.domain.stored import timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason

LIFE = timedelta(minutes=15)
_UNSAFE = re.compile(r"[^\w.()+=@ -]")
_NAME_CHARS = 120


@dataclass(frozen=True, slots=True)
class UploadKind:
    """Files of one type: the folder they go to, which starts no edit, and their endings."""

    folder: str
    endings: tuple[str, ...]
    largest_bytes: int


_CLIP_BYTES = max(model.file_bytes for model in MODELS.values())
_PICTURE_BYTES = max(model.image_bytes for model in MODELS.values())
KINDS: Mapping[str, UploadKind] = {
    "video/mp4": UploadKind("sources", (".mp4", ".m4v"), _CLIP_BYTES),
    "video/quicktime": UploadKind("sources", (".mov", ".qt"), _CLIP_BYTES),
    # No model takes one as it is; with `fit` "auto" it is made one that the model takes.
    "video/webm": UploadKind("sources", (".webm",), _CLIP_BYTES),
    "image/jpeg": UploadKind("images", (".jpg", ".jpeg"), _PICTURE_BYTES),
    "image/png": UploadKind("images", (".png",), _PICTURE_BYTES),
    "image/webp": UploadKind("images", (".webp",), _PICTURE_BYTES),
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that takes one file until `expires_at`, and the key it will lie under."""

    key: str
    form: PresignedForm
    largest_bytes: int
    expires_at: str


def admit(  # noqa: PLR0913  the three facts of a file, and where it may go
    file_name: str,
    content_type: str,
    size_bytes: int | None,
    *,
    grants: Presigner,
    bucket: str,
    prefix: str,
    folder: str,
    now: datetime,
) -> Upload:
    """A place of its own for one file, below the caller's folder; a size that is known is held to.

    Raises Refused.
    """
    # Upper case, and parameters such as "; codecs=vp9", are as good (RFC 9110, 8.3.1).
    content_type = content_type.partition(";")[0].strip().lower()
    kind = KINDS.get(content_type)
    if kind is None:
        raise Refused(
            Reason.FORMAT,
            f"Files of type {content_type} cannot be used.",
            field="content_type",
            found=content_type,
            allowed=list(KINDS),
        )
    if size_bytes is not None and size_bytes > kind.largest_bytes:
        raise Refused(
            Reason.FILE_TOO_LARGE,
            f"The file has {size_bytes / 1e6:,.1f} MB; no model takes more than "
            f"{kind.largest_bytes / 1e6:,.0f} MB.",
            field="size_bytes",
            found=size_bytes,
            allowed=kind.largest_bytes,
        )
    key = f"{prefix}{kind.folder}/{folder}{uuid.uuid4().hex}/{safe_name(file_name, kind)}"
    sizes = (size_bytes, size_bytes) if size_bytes else (1, kind.largest_bytes)
    form = grants.upload(
        bucket,
        key,
        content_type=content_type,
        sizes=sizes,
        seconds=int(LIFE.total_seconds()),
    )
    return Upload(key, form, sizes[1], timestamp(now + LIFE))


def safe_name(file_name: str, kind: UploadKind) -> str:
    """The file's own name as far as it can stand in a key, with an ending of its type."""
    name = _UNSAFE.sub("_", file_name.replace("\\", "/").rpartition("/")[2]).lstrip().rstrip(". ")
    stem, dot, ending = name.rpartition(".")
    if f"{dot}{ending}".lower() in kind.endings:
        return f"{stem[:_NAME_CHARS] or 'file'}.{ending.lower()}"
    return f"{name[:_NAME_CHARS] or 'file'}{kind.endings[0]}"
