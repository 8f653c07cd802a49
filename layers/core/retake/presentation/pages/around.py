"""What stands around the clips of an edit on its page: to save and pass on, its batch, pictures."""

from collections.abc import Sequence

from retake.domain.values import dataclass
from retake.presentation.pages.document import escaped

PROMPT_CHARS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One edit of the batch that the page's own belongs to: its number from 1, how it stands in a
    word, and the address of its page; of one with a result the addresses of that and of a still."""

    number: int
    word: str
    prompt: str
    page_url: str
    video_url: str | None = None
    poster_url: str | None = None
    is_shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`download_url` saves the result; `link` is the address to pass on, where it is not the page's
    own; `pictures` are the addresses of those that a video was made from."""

    download_url: str | None = None
    link: str | None = None
    variations: Sequence[Variation] = ()
    pictures: Sequence[str] = ()


NOTHING = Around()


def acts(around: Around, *, has_before: bool = False) -> str:
    """What can be done with the result, in one row, HTML; the script copies and compares."""
    parts = []
    if around.download_url:
        url = escaped(around.download_url)
        parts.append(f'<a class="button first" href="{url}" download>Download</a>')
    link = f' data-link="{escaped(around.link)}"' if around.link else ""
    parts.append(
        f'<button id="copy" type="button" aria-label="Copy link"{link} hidden>Copy link</button>'
    )
    parts.append(neighbours(around.variations))
    others = [it for it in around.variations if it.video_url and not it.is_shown]
    if has_before and others:
        choices = "".join(
            f'<option value="{escaped(it.video_url)}">Variation {it.number}</option>'
            for it in others
        )
        parts.append(
            '<label class="quiet">On the left <select id="against" aria-label="On the left">'
            f'<option value="">The clip before</option>{choices}</select></label>'
        )
    return f'<p class="acts">{"".join(parts)}<span id="copied" role="status"></span></p>\n'


def neighbours(variations: Sequence[Variation]) -> str:
    """Links to the one before and the one after in the batch, and the place between them, HTML."""
    at = next((place for place, it in enumerate(variations) if it.is_shown), None)
    if at is None or len(variations) < 2:
        return ""
    parts = [f'<span class="quiet place">Variation {at + 1} of {len(variations)}</span>']
    if at > 0:
        url = escaped(variations[at - 1].page_url)
        parts.insert(0, f'<a class="button" rel="prev" href="{url}">← Previous</a>')
    if at + 1 < len(variations):
        url = escaped(variations[at + 1].page_url)
        parts.append(f'<a class="button" rel="next" href="{url}">Next →</a>')
    return f'<span class="steps">{"".join(parts)}</span>'


def batch_card(variations: Sequence[Variation]) -> str:
    """All edits of the batch beside each other, HTML; nothing for an edit by itself."""
    if len(variations) < 2:
        return ""
    rows = "".join(_row(each) for each in variations)
    return (
        '<section class="card"><h2>All variations</h2>'
        f'<ol class="variations">{rows}</ol></section>\n'
    )


def _row(it: Variation) -> str:
    still = f'<img src="{escaped(it.poster_url)}" alt="" loading="lazy">' if it.poster_url else ""
    prompt = it.prompt if len(it.prompt) <= PROMPT_CHARS else it.prompt[: PROMPT_CHARS - 1] + "…"
    here = ' aria-current="page"' if it.is_shown else ""
    return (
        f'<li><a href="{escaped(it.page_url)}"{here}><span class="frame">{still}</span>'
        f"<span><b>Variation {it.number}</b> <small>{escaped(it.word)}</small><br>"
        f"{escaped(prompt)}</span></a></li>"
    )


def pictures_card(pictures: Sequence[str]) -> str:
    """The pictures that a video was made from, HTML."""
    if not pictures:
        return ""
    shown = "".join(
        f'<a href="{escaped(url)}"><img src="{escaped(url)}" loading="lazy" '
        f'alt="Picture {number} that was given along"></a>'
        for number, url in enumerate(pictures, start=1)
    )
    return (
        f'<section class="card"><h2>Pictures given along</h2><div class="pictures">{shown}</div>'
        "</section>\n"
    )
