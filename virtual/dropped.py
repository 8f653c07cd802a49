"""What is dropped into the inbox of a run, and what the job about it makes."""

import json
import re
from functools import cache

from retake.domain.source import Source
from retake.media.mp4.boxes import box_bytes

from virtual.clips import clip

INBOX = "inbox"
AS_IT_WAS = "the clip's own"
_NAMED = re.compile(rb"free(\[.*\]|job-\d+)\Z")


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
    return footage() + box_bytes(b"free", job_id.encode())


@cache
def film_of(jobs: tuple[str, ...]) -> bytes:
    """What was put together of the results of these jobs, and names them in such a box."""
    return clip(1.0, 96, 64, 24, sound=False, index="first") + box_bytes(
        b"free", json.dumps(jobs).encode()
    )


def jobs_in(data: bytes) -> list[str]:
    """The jobs whose results a video holds, in their order; of what no job made, AS_IT_WAS."""
    told = _NAMED.search(data)
    if told is None:
        return [AS_IT_WAS]
    return list(json.loads(told[1])) if told[1].startswith(b"[") else [told[1].decode()]
