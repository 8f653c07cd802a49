"""What is dropped into the inbox of a run, and what the job about it makes."""

from functools import cache

from retake.domain.source import Source

from tests.support.video_files import box, clip

INBOX = "inbox"


@cache
def footage() -> bytes:
    """A clip that every model takes."""
    return clip(3.0, 720, 720, 24, sound=False, index="first")


def version_of(key: str) -> str:
    return f"v1-{key}"


def source_of(key: str) -> Source:
    return Source(bucket=INBOX, key=key, version_id=version_of(key), size_bytes=len(footage()))


@cache
def result_of(job_id: str) -> bytes:
    """The video a job made: the clip, and in a box nobody plays, whose it is."""
    return footage() + box(b"free", job_id.encode())
