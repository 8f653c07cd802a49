"""The page that shows what was done: both clips in step, one divider, the prompt and the facts."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from retake.domain.edit import Edit
from retake.domain.values import dataclass
from retake.domain.vocabulary import Operation
from retake.presentation.pages.around import NOTHING, Around, acts, batch_card, pictures_card
from retake.presentation.pages.document import MEDIA, as_address, document, escaped, part
from retake.presentation.pages.facts import fact_rows, facts_of
from retake.presentation.pages.joins import join_row, join_script, join_style, with_marks

LONG_CHARS = 200  # from which on a prompt is text rather than a title
# What browsers play everywhere; of the rest, HEVC is the one that phones record (MDN, "Web video
# codec guide").
PLAYABLE = frozenset({"h264", "av1", "vp9", "vp8"})
_BESIDE = "./"
_FOLDER = ("'self'", "file:")  # where a page on a disk finds what lies beside it


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """One side: the clip's address, and a still of it for where the clip cannot be played.

    An empty address with a still shows the still.
    """

    url: str = ""
    poster_url: str | None = None

    @classmethod
    def beside(cls, file_name: str, still: bytes | None) -> "ComparedSide":
        """A clip that plays where it lies in the same folder as the page, under this name if it
        has one, and a JPEG of it."""
        url = f"{_BESIDE}{quote(file_name, safe='')}" if file_name else ""
        return cls(url, as_address(still) if still else None)

    @property
    def file_name(self) -> str | None:
        """The name of a clip beside the page."""
        return unquote(self.url.removeprefix(_BESIDE)) if self.url.startswith(_BESIDE) else None


def compare_page(
    facts: Mapping[str, Any],
    *,
    before: ComparedSide | None,
    after: ComparedSide,
    around: Around = NOTHING,
    nonce: str | None = None,
    origins: Iterable[str] = (),
) -> str:
    """The whole HTML document. `before` is None where no clip was edited or it is gone; `around` is
    what else there is to do and to see.

    With a nonce the Content-Security-Policy is the sender's; without, it is in the page and admits
    media from `origins` besides the page itself.
    """
    style, script, body = _pieces(facts, before, after, around)
    return document(
        _title(facts),
        body,
        style=style,
        script=script,
        nonce=nonce,
        media=(*MEDIA, *origins),
    )


def page_beside(
    edit: Edit,
    *,
    before: ComparedSide | None,
    after: ComparedSide,
    simulated: Collection[str] = (),
) -> bytes:
    """The page as it lies beside a result, with what the edit's record says; `simulated` are the
    providers that nobody pays."""
    facts, around = facts_of(edit, simulated), Around(download_url=after.url or None)
    page = compare_page(facts, before=before, after=after, around=around, origins=_FOLDER)
    return page.encode()


def _pieces(
    facts: Mapping[str, Any], before: ComparedSide | None, after: ComparedSide, around: Around
) -> tuple[str, str, str]:
    width, height = facts.get("width") or 16, facts.get("height") or 9
    style = part("compare.css") + part("around.css")
    style += f":root {{ --ratio: {int(width) / int(height):.5f}; }}\n" + join_style(facts)
    moving = bool(after.url or (before is not None and before.url))
    alone = before is None
    fps = float(facts.get("fps") or 24)
    said = str(facts.get("prompt") or facts.get("name") or "Before and after")
    sides = _side("after", after, facts) + (_side("before", before, facts) if before else "")
    body = f"""<main class="page">
<p class="brand"><b>Retake</b> <span>{escaped(facts.get("name", ""))}</span></p>
<h1{' class="long" tabindex="0"' if len(said) > LONG_CHARS else ""}>{escaped(said)}</h1>
<section id="stage" class="stage{" alone" if alone else ""}" data-fps="{fps:.4f}" aria-label="\
{"The edited clip" if alone else "Before on the left, after on the right"}">
{sides}{"" if alone else _DIVIDER}</section>
{_transport(facts, before) + join_row(facts) if moving else _NO_TRANSPORT}
<p class="keys">{_help(moving, alone)}</p>
{_without_script(before, after)}\
{acts(around, has_before=bool(before and before.url))}\
<div class="rows">
{batch_card(around.variations)}{pictures_card(around.pictures)}\
<section class="card"><h2>Facts</h2><dl class="facts">{fact_rows(facts)}</dl></section>
{_notes(facts)}</div>
<footer>{_made(facts)} \
Edit <span class="mono">{escaped(facts.get("edit_id", ""))}</span></footer>
</main>"""
    return style, part("compare.js") + (join_script(facts) if moving else ""), body


def _side(name: str, media: ComparedSide, facts: Mapping[str, Any]) -> str:
    poster = escaped(media.poster_url) if media.poster_url else ""
    still = f'<img src="{poster}" alt="A frame of the clip {name} the edit"' if poster else ""
    if not media.url:
        shown = f"{still}>" if still else ""
        note = "" if still else f'<p class="cannot">No picture of the clip {name} the edit.</p>'
        return f'<div class="side {name}">{shown}{note}{_tag(name)}</div>\n'
    address = f' data-src="{escaped(media.url)}"'
    video = f'<video id="{name}" playsinline muted preload="auto" aria-label="{name}"'
    codec = str(facts.get("source_codec", "")).upper() if name == "before" else ""
    coded = f" ({escaped(codec)})" if codec and codec.lower() not in PLAYABLE else ""
    instead = "; a frame stands for it" if poster else ""
    said = f"This browser cannot play the clip {name} the edit{coded}{instead}."
    if media.file_name is not None:
        said = (
            f"The clip {name} the edit plays where {escaped(media.file_name)} lies beside this "
            f"page and the browser can play it{coded}{instead}."
        )
    return (
        f'<div class="side {name}">{video}{address}></video>'
        + (f"{still} hidden>" if still else "")
        + f'<p class="cannot" role="status" hidden>{said}</p>{_tag(name)}</div>\n'
    )


def _tag(name: str) -> str:
    return f'<span class="tag" aria-hidden="true">{name.upper()}</span>'


_DIVIDER = (
    '<div id="divider" class="divider" role="slider" tabindex="0" '
    'aria-label="Divider between before and after" aria-orientation="horizontal" '
    'aria-valuemin="0" aria-valuemax="100" aria-valuenow="50"></div>\n'
)
# The script finds the same elements whether or not there is anything to play.
_NO_TRANSPORT = (
    '<div id="transport" class="transport" hidden><input id="scrub" type="range">'
    '<span id="at"></span><span id="of"></span><button id="play"></button>'
    '<button id="back"></button><button id="forth"></button><button id="full"></button></div>'
)


def _icon(path: str, name: str = "") -> str:
    return f'<svg viewBox="0 0 24 24" class="{name}" aria-hidden="true"><path d="{path}"/></svg>'


def _transport(facts: Mapping[str, Any], before: ComparedSide | None) -> str:
    heard = [
        name
        for name, there in (("before", before is not None), ("after", True))
        if there and facts.get(f"{name}_audio")
    ]
    sound = ""
    if heard:
        choices = "".join(f'<option value="{name}">{name.title()}</option>' for name in heard)
        sound = (
            f'<select id="sound" aria-label="Sound"><option value="none">Muted</option>{choices}'
        )
        sound += "</select>"
    length = float(facts.get("duration_seconds") or 1)
    bar = with_marks(
        f'<input id="scrub" type="range" min="0" max="{length:.3f}" step="0.01" value="0" '
        'aria-label="Position">',
        facts,
    )
    return f"""<div id="transport" class="transport" role="group" aria-label="Playback">
<button id="play" type="button" aria-label="Play">{_icon("M7 4.5v15l13-7.5z", "start")}\
{_icon("M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z", "pause")}</button>
<button id="back" type="button" aria-label="One frame back">{_icon("M5 5h3v14H5zM20 5v14L9 12z")}\
</button>
<button id="forth" type="button" aria-label="One frame forward">\
{_icon("M16 5h3v14h-3zM4 5v14l11-7z")}</button>
{bar}
<output><span id="at">0:00.00</span><span id="of" class="of"></span></output>
{sound}
<button id="full" type="button" aria-label="Full screen">\
{_icon("M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z")}</button>
</div>"""


def _without_script(before: ComparedSide | None, after: ComparedSide) -> str:
    """Both clips for a browser that runs no script, HTML."""
    # A frame that the page carries in itself is not carried twice.
    is_linked = after.poster_url is not None and not after.poster_url.startswith("data:")
    poster = f' poster="{escaped(after.poster_url)}"' if is_linked else ""
    clips = "".join(
        f'<figure><figcaption>{name}</figcaption><video controls preload="metadata" '
        f'aria-label="{name}" src="{escaped(url)}"{still}></video></figure>'
        for name, url, still in (
            ("Before", before.url if before else "", ""),
            ("After", after.url, poster),
        )
        if url
    )
    return f'<noscript><div class="plain">{clips}</div></noscript>\n' if clips else ""


def _help(moving: bool, alone: bool) -> str:
    """One line on what fingers and keys do."""
    first = "" if alone else "Drag across the picture to compare. "
    keys = [] if alone else [("← →", "divider")]
    if moving:
        keys = [("space", "play"), *keys, (", .", "frame by frame"), ("Home End", "ends")]
    told = " · ".join(
        f"{' '.join(f'<kbd>{each}</kbd>' for each in names.split())} {does}" for names, does in keys
    )
    return f'{first}<span class="typed">{told}</span>'


def _notes(facts: Mapping[str, Any]) -> str:
    """What was repaired before the edit, and what was done differently."""
    lists = [
        ("Repaired before the edit", facts.get("repair")),
        ("Worth knowing", facts.get("warnings")),
    ]
    cards = [
        f'<section class="card"><h2>{title}</h2><ul class="notes">'
        + "".join(f"<li>{escaped(each)}</li>" for each in sentences)
        + "</ul></section>"
        for title, sentences in lists
        if sentences
    ]
    return f'<div class="wide">{"".join(cards)}</div>\n' if cards else ""


def _made(facts: Mapping[str, Any]) -> str:
    """Who made the video, as the law and honesty want it said."""
    model = escaped(facts.get("model") or "")
    if facts.get("is_simulated"):
        stand_in = f": a stand-in for {model} made it" if model else ""
        return f"This video is simulated{stand_in}. No generative model saw it, and nobody pays."
    how = "made" if facts.get("operation") == Operation.REFERENCE else "edited"
    return f"This video was {how} by a generative model{f' ({model})' if model else ''}."


def _title(facts: Mapping[str, Any]) -> str:
    name = str(facts.get("name") or "").rpartition("/")[2]
    return f"{name} – before and after" if name else "Before and after"
