"""Which address in an answer is the edited video.

Providers keep it under `results`, `metadata.url`, `ResultVideoUrl` or as JSON in a text, and beside
it lie covers, previews, addresses to ask at, and our own request repeated. So an answer is walked
whole and every address in it weighed by the names that lead to it: some names never hold a result,
the rest may, and the likeliest address is taken. An address that we signed is never a result.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from retake.domain.patterns import pattern
from retake.domain.values import dataclass
from retake.providers.answer_parsing import parsed, text, video_link
from retake.providers.shapes import MAX_DEPTH, MAX_ITEMS, Fields, fields_of
from retake.providers.status_words import squashed

MAX_NAMES = 200  # of one object; the longest answer on record has forty
MAX_LINKS = 100
# What our request, a picture, a sound or a page is called. `resource` is no source.
_OTHER = pattern(
    r"input|request|prompt|param|argument|(?<!re)source|original|reference|"
    r"image|picture|photo|thumb|cover|poster|preview|snapshot|frame|watermark|avatar|logo|icon|"
    r"audio|music|sound|voice|subtitle|caption|callback|webhook|"
    r"error|message|detail|document|billing|dashboard|logs$|"
    # Where to ask, to stop, to look.
    r"^(status|response|cancel|get|web|self|poll|query|queue|task|stream|next|docs?|help)(ur[li]|"
    r"link|href)$"
)
# What holds a result and nothing else.
_RESULT = pattern(
    r"result|output|videos|videolist|videofile|generat|creation|artifact|works?$|deliver|download|"
    r"final|asset|^failreason$"  # where the open-source gateway new-api puts a success's link
)
# What may hold one: the names that wrap, and those of any address.
_PERHAPS = pattern(
    r"video|media|file|content|resource|play|data|task|response|payload|metadata|body|"
    r"ur[li]s?$|src$|href$|links?$|^\d+$|^$"
)
# Under these a request names its clip. A provider that repeats the request repeats the clip.
_CLIP = frozenset({"video", "videourl", "videourls", "videolist"})
_OF_A_REQUEST = frozenset({"prompt", "keepaudio", "keeporiginalsound", "imageurls", "callbackurl"})
_OF_A_RESULT = frozenset({"results", "resultdata", "resulturls", "outputs", "output", "videos"})
_KINDS = ("contenttype", "mimetype", "type", "kind")
# Of a whole word: a task's `type` may be `image-to-video`.
_OTHER_KINDS = pattern(
    r"^(image|audio|picture|photo|cover|thumb(nail)?|poster|preview|snapshot|frame|subtitle|text)"
    r"s?(_?url)?(/.*)?$",
    re.IGNORECASE,
)
_ENDING = pattern(r"\.(mp4|m4v|mov|webm|mkv|ts|avi)([?#]|$)", re.IGNORECASE)
# A still that an object store makes of a video: Alibaba's OSS, Qiniu's Kodo.
_STILL = pattern(r"[?&](x-oss-process=video(/|%2F)snapshot|vframe/)", re.IGNORECASE)
# In every address that this stack signs for a provider (retake.aws.s3, `link`).
_OURS = pattern(r"x-retake(=|%3D)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Found:
    """An address, and what speaks for it; the smaller, the likelier."""

    link: str
    is_clips_name: bool
    has_result_name: bool
    is_named: bool

    @property
    def doubt(self) -> tuple[bool, bool, bool, bool]:
        has_ending = _ENDING.search(self.link) is not None
        return self.is_clips_name, not self.has_result_name, not self.is_named, not has_ending


def video_in(answer: object) -> str | None:
    """The link to the video of an answer: of equals the first, never to a picture or our clip."""
    found: list[_Found] = []
    for each in _found(answer, (), depth=0):
        found.append(each)
        if len(found) == MAX_LINKS:
            break
    if _repeats_the_request(answer):
        found = [each for each in found if not each.is_clips_name]
    return min(found, key=lambda each: each.doubt).link if found else None


def _found(value: object, names: tuple[str, ...], depth: int) -> Iterator[_Found]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from _in_text(value, names, depth)
    elif isinstance(value, list):
        for item in value[:MAX_ITEMS]:
            yield from _found(item, names, depth + 1)
    elif isinstance(value, Mapping) and not _is_other_media(fields := _named(value)):
        echoes = not _OF_A_REQUEST.isdisjoint(fields)
        for name, inner in list(fields.items())[:MAX_NAMES]:
            is_echo = echoes and name in _CLIP
            if not _OTHER.search(name) and not is_echo:
                yield from _found(inner, (*names, name), depth + 1)


def _in_text(value: str, names: tuple[str, ...], depth: int) -> Iterator[_Found]:
    said = value.strip()
    if said[:1] in ("{", "["):
        yield from _found(parsed(said.encode(errors="replace")), names, depth + 1)
        return
    link = video_link(value)
    if link is None or _STILL.search(link) or _OURS.search(link):
        return
    has_result_name = any(_RESULT.search(name) for name in names)
    is_named = has_result_name or all(_PERHAPS.search(name) for name in names)
    if is_named or _ENDING.search(link):
        is_clips_name = bool(names) and names[-1] in _CLIP and not has_result_name
        yield _Found(link, is_clips_name, has_result_name, is_named)


def _named(value: Mapping[Any, Any]) -> Fields:
    return {squashed(name): inner for name, inner in value.items() if isinstance(name, str)}


def _repeats_the_request(answer: object, depth: int = 0) -> bool:
    """Whether an answer has a place for results and nothing in it: then a clip's name holds the
    clip."""
    fields = fields_of(answer)
    if depth > MAX_DEPTH // 2:
        return False
    if any(name in fields and not fields[name] for name in _OF_A_RESULT):
        return True
    return any(
        _repeats_the_request(fields.get(name), depth + 1) for name in ("data", "task", "response")
    )


def _is_other_media(fields: Fields) -> bool:
    return any(_OTHER_KINDS.match(text(fields.get(name))) for name in _KINDS)
