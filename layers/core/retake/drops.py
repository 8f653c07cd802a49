"""What a dropped object is, as its name tells: a clip, a request file, the sidecar of a clip."""

REQUEST_ENDING = ".request.json"
SIDECAR_ENDING = ".json"
# Endings by which cameras and editors call videos. A name says nothing about what may be edited;
# it only tells the sidecar of a clip from other JSON.
VIDEO_ENDINGS = (
    *(".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts"),
    *(".ts", ".3gp", ".3g2", ".wmv", ".flv", ".ogv", ".mxf", ".hevc", ".qt"),
)
KEY_BYTES = 1024  # in UTF-8: Amazon S3 User Guide, "Naming Amazon S3 objects"


def is_request_file(key: str) -> bool:
    """Whether it is a request by itself."""
    return key.lower().endswith(REQUEST_ENDING)


def clip_of(key: str) -> str | None:
    """The clip whose settings a sidecar holds: `clip.mp4` of `clip.mp4.json`; else None."""
    clip = key.removesuffix(SIDECAR_ENDING)
    return clip if clip != key and clip.lower().endswith(VIDEO_ENDINGS) else None


def sidecar_of(key: str) -> str | None:
    """The key of the settings beside a clip; None where there can be none."""
    sidecar = key + SIDECAR_ENDING
    return sidecar if clip_of(sidecar) == key and is_a_key(sidecar) else None


def is_stray(key: str) -> bool:
    """Whether it looks like settings, but neither like those of a clip nor like a request."""
    return (
        key.lower().endswith(SIDECAR_ENDING) and not is_request_file(key) and clip_of(key) is None
    )


def is_a_key(key: str) -> bool:
    """Whether S3 takes it as a key."""
    return 0 < len(key.encode("utf-8", "surrogatepass")) <= KEY_BYTES


def file_name(key: str) -> str:
    """The name without its folder."""
    return key.rpartition("/")[2]


def stem(key: str) -> str:
    """The file's name without its folder and ending; that of the clip for its sidecar."""
    name = file_name(clip_of(key) or key)
    if is_request_file(name):
        return name[: -len(REQUEST_ENDING)]
    return name.rpartition(".")[0] or name
