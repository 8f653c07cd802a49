"""Pages that only say something: how an edit stands, or that a link does not open anything."""

from collections.abc import Mapping, Sequence

from retake.domain.billing import cost_told
from retake.domain.edit import Edit
from retake.domain.phases import doing_of
from retake.domain.vocabulary import Status
from retake.presentation.messages import name_of
from retake.presentation.pages.around import Variation, batch_card, neighbours
from retake.presentation.pages.document import document, escaped, part
from retake.presentation.pages.facts import tells_cost
from retake.records.standing import wait_of

_STYLE = ".said { max-width: 40rem; margin: 12vh auto 0; } .said h1 { margin-bottom: .75rem; }"
_CHIPS: Mapping[Status, str] = {
    Status.SUCCEEDED: "chip good",
    Status.FAILED: "chip bad",
    Status.REJECTED: "chip bad",
}


def plain_page(title: str, sentences: Sequence[str], *, nonce: str | None = None) -> str:
    """A title and some sentences, all of them plain text; a whole document."""
    said = "".join(f"<p>{escaped(sentence)}</p>" for sentence in sentences)
    return framed(title, f"<h1>{escaped(title)}</h1>{said}", nonce)


def closed_page(nonce: str | None = None) -> str:
    """The one answer to every link that opens nothing, so that none tells why."""
    return plain_page(
        "This link does not open anything",
        (
            "It has expired, was copied in part, or what it led to is gone.",
            "Whoever sent it can make a new one.",
        ),
        nonce=nonce,
    )


def later_page(nonce: str | None = None) -> str:
    """When it cannot be found out now what a link opens."""
    return plain_page(
        "Not just now", ("This cannot be shown at the moment. Try again in a minute.",), nonce=nonce
    )


def standing_page(
    edit: Edit,
    *,
    shows_cost: bool,
    variations: Sequence[Variation] = (),
    nonce: str | None = None,
) -> str:
    """How an edit stands that has no video to show: open, waiting, refused, failed, cancelled;
    `variations` are the edits of its batch.

    Without `shows_cost` a sentence that names a price, a model or a provider is left out.
    """
    wait = wait_of(edit)
    is_told = edit.is_finished and (shows_cost or not tells_cost(edit.message or ""))
    facts = {
        "What was asked": edit.request.prompt if edit.request else None,
        "What it waits for": wait.sentence if wait and shows_cost else None,
        "What happened": edit.message if is_told else None,
        "Reason": edit.reason.value if edit.reason else None,
        "Cost": cost_told(edit) if shows_cost else None,
        "Edit": edit.edit_id,
    }
    more = "" if edit.is_finished else "<p>Open this page again in a minute or two.</p>"
    around = f'<p class="acts">{neighbours(variations)}</p>{batch_card(variations)}'
    doing = doing_of(edit, names_provider=shows_cost)
    body = (
        f'<p><span class="{_CHIPS.get(edit.status, "chip")}">{escaped(doing)}</span></p>'
        f"<h1>{escaped(name_of(edit))}</h1>{more}{facts_card(facts)}"
        f"{around if variations else ''}"
    )
    return framed(name_of(edit), body, nonce, style=part("around.css") if variations else "")


def facts_card(facts: Mapping[str, object]) -> str:
    """Each fact below its name, HTML; those without a value are left out."""
    rows = "".join(
        f"<p><span class=quiet>{escaped(name)}</span><br>{escaped(value)}</p>"
        for name, value in facts.items()
        if value
    )
    return f"<div class=card>{rows}</div>"


def framed(title: str, body: str, nonce: str | None, *, style: str = "") -> str:
    """The whole document around a body that is HTML already."""
    main = f'<main class="page said"><p class=brand><b>Retake</b></p>{body}</main>'
    return document(f"{title} · Retake", main, style=_STYLE + style, nonce=nonce)
