"""Where a result lies in its bucket."""

from retake.domain.edit import Edit
from retake.domain.patterns import pattern
from retake.domain.source import KEY_BYTES, Source, edit_id_for

_UNSAFE = pattern(r"[\x00-\x1f\x7f\\]")


def key_beside(key: str) -> str:
    """Where what comes after a result that does not play is put until it is looked into. It is no
    longer than a manifest's key, and begins as an erasure looks for it."""
    return f"{key.removesuffix('mp4')}part"


def result_keys(edit: Edit) -> tuple[str, str]:
    """Where the video and its manifest go: the clip's folder and name under `edited/`.

    Names are cut where S3's limit of 1,024 bytes would be passed; the edit id keeps them apart.
    """
    # Whoever asked through the API may have given no clip, so that there is nothing to mirror.
    upload = edit.upload or edit.source or Source(bucket=edit.bucket, key="video")
    folders = _UNSAFE.sub("_", upload.key).split("/")[:-1]
    # Dot segments would be taken out of the signed address (retake.domain.source.travels).
    folder = "/".join("_" if each == ".." else each for each in folders if each != ".")
    stem = _UNSAFE.sub("_", upload.stem) or "clip"
    ending = f".{edit.edit_id}.json"
    start = f"edited/{folder}/" if folder else "edited/"
    room = KEY_BYTES - len(ending) - len(start.encode())
    if room < 16:
        # The folder alone fills the key: its name becomes a digest.
        start = f"edited/{edit_id_for(folder)}/"
        room = KEY_BYTES - len(ending) - len(start.encode())
    base = start + stem.encode()[:room].decode(errors="ignore")
    return f"{base}.{edit.edit_id}.mp4", f"{base}{ending}"
