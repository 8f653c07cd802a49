"""What was dropped into the inbox: one version of an object, its id, and what its name tells."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import ClassVar

from retake.domain.patterns import pattern
from retake.domain.spelling import spellings
from retake.domain.stored import Part, Readers
from retake.domain.values import dataclass
from retake.domain.vocabulary import SettingsSource, word

EDIT_ID = r"e-[0-9a-z]{20}"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u to misread
_ID_CHARS = 20  # 100 bits: two of 10^12 edits share an id with probability below 10^-6


def edit_id_for(*parts: str) -> str:
    """The id of the edit that these parts name, always the same: `e-` and 20 characters.

    For an upload the parts are bucket, key and version, so that one object delivered fifty times
    is one edit. The form suits execution names (at most 80 characters of A-Z, a-z, 0-9, - and _).
    """
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest, "big")
    chars = [_ALPHABET[(number >> (5 * place)) & 31] for place in range(_ID_CHARS)]
    return "e-" + "".join(chars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Part):
    """The object an edit starts from: one version of one key."""

    bucket: str
    key: str
    version_id: str | None = None
    size_bytes: int = 0

    @property
    def is_request_file(self) -> bool:
        """Whether it is a request by itself rather than a clip."""
        return is_request_file(self.key)

    @property
    def is_sidecar(self) -> bool:
        """Whether it holds the settings of the clip beside it."""
        return clip_of(self.key) is not None

    @property
    def stem(self) -> str:
        """The file's name without its folder and ending."""
        return stem(self.key)


def upload_id(upload: Source) -> str:
    """The id of the edit that an upload starts."""
    return edit_id_for(upload.bucket, upload.key, upload.version_id or "")


def fitted_key(edit_id: str) -> str:
    """Where the repaired clip of an edit lies in the results bucket, while it may be needed."""
    return f"fitted/{edit_id}.mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Part):
    """Where the settings of an edit come from: the road that said the prompt, and which object.

    `topped_by` are roads before it that said no prompt, but settings that stay on top.
    """

    readers: ClassVar[Readers] = {
        "road": word(SettingsSource),
        "topped_by": lambda stored: tuple(Origin.from_mapping(each) for each in stored),
    }

    road: SettingsSource
    key: str | None = None
    version_id: str | None = None
    topped_by: tuple["Origin", ...] = ()

    def uses(self, upload: Source) -> bool:
        """Whether this version of an object is among those the settings were read from."""
        return any(
            (each.key, each.version_id) == (upload.key, upload.version_id)
            for each in (self, *self.topped_by)
        )


# Folders of the inbox that hold material for edits; what lies there starts nothing by itself.
SUPPLIES = ("images/", "presets/", "sources/")
SHARED_BY_EDITS = ("images/", "presets/")  # never the own object of one edit


def is_material(upload: Source, prefix: str) -> bool:
    """Whether an object is there to be used by edits and starts none itself.

    Consoles and file managers mark a folder by an empty object whose key ends in a slash.
    """
    is_folder = upload.key.endswith("/") and upload.size_bytes == 0
    return is_folder or upload.key[len(prefix) :].startswith(SUPPLIES)


REQUEST_ENDING = ".request.json"
SIDECAR_ENDINGS = (".json", ".JSON")
# Endings by which cameras and editors call videos. A name says nothing about what may be edited;
# it only tells the sidecar of a clip from other JSON.
VIDEO_ENDINGS = (
    *(".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts"),
    *(".ts", ".3gp", ".3g2", ".wmv", ".flv", ".ogv", ".mxf", ".hevc", ".qt"),
)
# What cameras, phones and computers put beside clips, and what it is: recursive copies bring it.
_SMALL_COPY = "the small copy that a camera keeps beside its clip"
_SYSTEM_FILE = "a file that a computer keeps for itself"
COMPANIONS: Mapping[str, str] = {
    # AppleDouble files, and the folder in which macOS packs them.
    r"(.*/)?(\._[^/]*|__MACOSX/.*)": _SYSTEM_FILE,
    r"(.*/)?(\.DS_Store|\.localized|(eh)?Thumbs\.db|desktop\.ini)": _SYSTEM_FILE,
    # DJI, GoPro and Insta360; Sony's XDCAM calls the copy of C0001.MP4 C0001S03.MP4.
    r".*\.(LRF|LRV)|(.*/)?(LRV_.*\.(MP4|INSV)|C\d{4}S\d\d\.MP4)": _SMALL_COPY,
    # Android renames what was deleted, macOS, Linux and Windows move it: whole clips, all of them.
    r"(.*/)?(\.trashed-[^/]*|(\.Trash(es|-\d+)?|\$RECYCLE\.BIN)/.*)": "a file that was deleted",
    # Synology keeps a film at several sizes there.
    r"(.*/)?@eaDir/.*": "what a storage server keeps beside a file",
    r".*\.THM": "the still that a camera keeps beside its clip",
    r".*\.(AAE|XMP)": "what a photo program notes beside a file",
    r".*\.SRT": "subtitles, or what a drone notes of its flight",
    r".*\.(CPI|MPL|BDM|BUP|IFO|PPN)|(.*/)?C\d{4}M\d\d\.XML": (
        "what a camcorder notes of its clips"
    ),
    # Google Takeout cuts this name where it grows too long.
    r".*\.[^./]+\.supp[a-z-]*\.json": "what Google Takeout notes of a clip",
}
KEY_BYTES = 1024  # in UTF-8: Amazon S3 User Guide, "Naming Amazon S3 objects"


def is_request_file(key: str) -> bool:
    """Whether it is a request by itself."""
    return key.lower().endswith(REQUEST_ENDING)


def clip_of(key: str) -> str | None:
    """The clip whose settings a sidecar holds: `clip.mp4` of `clip.mp4.json`; else None."""
    may_be = key.endswith(SIDECAR_ENDINGS) and companion(key) is None
    clip = key[: -len(SIDECAR_ENDINGS[0])] if may_be else ""
    return clip if clip.lower().endswith(VIDEO_ENDINGS) else None


def sidecar_of(key: str) -> str | None:
    """The key of the settings beside a clip; None where there can be none."""
    return next(iter(sidecars_of(key)), None)


def sidecars_of(key: str) -> list[str]:
    """Every key under which the settings of a clip may lie, the usual one first."""
    beside = [clip + ending for clip in spellings(key) for ending in SIDECAR_ENDINGS]
    return [each for each in beside if clip_of(each) in spellings(key) and is_a_key(each)]


def is_stray(key: str) -> bool:
    """Whether it looks like settings, but neither like those of a clip nor like a request."""
    return (
        key.lower().endswith(SIDECAR_ENDINGS[0])
        and not is_request_file(key)
        and clip_of(key) is None
    )


def companion(key: str) -> str | None:
    """What a file is that cameras and computers put beside clips; None for all others."""
    # Not compiled before the first upload asks: most functions that start import this for less.
    found = (what for name, what in COMPANIONS.items() if re.fullmatch(name, key, re.IGNORECASE))
    return next(found, None)


def is_a_key(key: str) -> bool:
    """Whether S3 takes it as a key."""
    return 0 < len(key.encode("utf-8", "surrogatepass")) <= KEY_BYTES


def travels(key: str) -> bool:
    """Whether every HTTP library asks for the address of this key as it was signed.

    Dot segments are taken out of a path after it was signed (RFC 3986, section 5.2.4: browsers,
    curl, httpx, urllib3), and Python's requests makes one of the slashes it begins with; some
    proxies merge all others.
    """
    return not {"", ".", ".."} & {*key.split("/")}


def has_ending(key: str, endings: Iterable[str]) -> bool:
    """Whether the name of the file ends in a dot and one of these."""
    return key.lower().endswith(tuple(f".{ending}" for ending in endings))


def file_name(key: str) -> str:
    """The name without its folder."""
    return key.rpartition("/")[2]


def stem(key: str) -> str:
    """The file's name without its folder and ending; that of the clip for its sidecar."""
    name = file_name(clip_of(key) or key)
    if is_request_file(name):
        return name[: -len(REQUEST_ENDING)]
    return name.rpartition(".")[0] or name


# What `api.uploads.admit` puts before a name, and what `steps.fetch_source.fetched_key` makes.
_PLACED = pattern(r"^(?:.*/)?(?:sources|images)/(?:.*/)?[0-9a-f]{32}/(?=[^/]+$)", re.ASCII)
_FETCHED = pattern(rf"(?:^|/)sources/fetched/{EDIT_ID}\.mp4$", re.ASCII)


def known_name(key: str) -> str:
    """The part of a key that a person has given it; nothing where none of it is."""
    return "" if _FETCHED.search(key) else _PLACED.sub("", key)
