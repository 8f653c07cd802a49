"""The caps of folders: what the preset of a folder says under `budget`, read when it is to hold."""

from collections.abc import Iterator

from retake.aws.s3 import Storage
from retake.domain.errors import Refused
from retake.domain.spelling import spellings
from retake.domain.spending_caps import Cap, caps_of
from retake.domain.vocabulary import Reason
from retake.request.documents import first_found
from retake.request.presets import BUDGET, preset_keys


def folder_caps(folder: str, bucket: str, storage: Storage, prefix: str) -> tuple[Cap, ...]:
    """The caps of a folder and of those that it lies in.

    A budget that cannot be read lets nothing pass. Raises Refused; Unavailable.
    """
    return tuple(_caps(folder, bucket, storage, prefix))


def caps_of_folder(folder: str, bucket: str, storage: Storage, prefix: str) -> tuple[Cap, ...]:
    """The caps of a folder alone. Raises Refused; Unavailable."""
    own = f"folder:{folder}"
    return tuple(cap for cap in _caps(folder, bucket, storage, prefix) if cap.scope == own)


def _caps(folder: str, bucket: str, storage: Storage, prefix: str) -> Iterator[Cap]:
    names = folder.rstrip("/").split("/")
    for key in preset_keys(f"{prefix}{folder}clip", prefix):
        document = first_found(bucket, spellings(key), storage)
        if document is None:
            continue
        said = document.fields().get(BUDGET)
        depth = key.removeprefix(prefix).count("/")
        scope = "folder:" + "/".join(names[:depth]) + "/"
        try:
            yield from caps_of(scope, said if isinstance(said, dict) else _none(said))
        except ValueError as error:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"{key}: its '{BUDGET}' is wrong: {error}.",
                field=BUDGET,
                found=str(said)[:200],
                allowed="caps such as daily_usd, monthly_edits or daily_seconds, each a number",
            ) from None


def _none(said: object) -> dict[str, object]:
    if said is None:
        return {}
    raise ValueError("it is no object of names and numbers")
