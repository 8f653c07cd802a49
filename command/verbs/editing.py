"""edit and quote: what somebody pays for, with the price first."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from command.main import Verb
from command.options import (
    DOLLARS,
    MODEL,
    Amount,
    as_json,
    asks,
    at_a_stack,
    film_options,
    out_width,
)
from command.terminal import print_json

if TYPE_CHECKING:
    from command.door import StackChoice
    from command.editing import Ways
    from command.starting import Consent
    from command.wishes import Wish

SECONDS = Amount("seconds", 86_400)
FITS = ("trim", "scale", "auto", "split")


def _one_model(_: click.Context, __: click.Parameter, keys: tuple[str, ...]) -> str | None:
    """One model for one call; the nearest key for one that is misspelled."""
    if len(keys) > 1:
        raise click.BadParameter(
            "one call takes one model; make a call with each (`retake quote` compares them)"
        )
    for key in keys:
        from retake.catalog.models import MODELS
        from retake.domain.spelling import closest

        near = closest(key, MODELS) if key not in MODELS else None
        if near is not None and near.casefold() != key.strip().casefold():
            raise click.BadParameter(f"there is no {key!r}; did you mean {near}?")
    return keys[0] if keys else None


def wish_options(function: Any) -> Any:
    """What an edit shall be; the verb gets the fields by their names in `Wish`."""
    for option in (
        click.option("--reference", metavar="TEXT", help="your own name for it"),
        click.option("--tag", "tags", multiple=True, metavar="WORD", help="to find it by"),
        click.option("--fast", is_flag=True, help="the model's fast mode, where it has one"),
        click.option("--resolution", metavar="R", help="for example 1080p, where it has a choice"),
        click.option("--aspect-ratio", metavar="R", help="for example 16:9"),
        click.option("--keep-audio/--no-audio", default=None, help="the clip's sound (kept)"),
        click.option(
            "--element",
            "elements",
            multiple=True,
            metavar="FRONT,SIDE,…",
            help="pictures of one thing or person: files or keys; may be repeated",
        ),
        click.option(
            "--image",
            "images",
            multiple=True,
            metavar="FILE",
            help="a reference picture: a file, or a key in the inbox; may be repeated",
        ),
        film_options,
        click.option(
            "--fit",
            type=click.Choice(FITS, case_sensitive=False),
            help="what may be done to make it fit",
        ),
        click.option("--model", metavar="KEY", help=MODEL, multiple=True, callback=_one_model),
    ):
        function = option(function)
    return function


def wish_of(prompt: str, said: dict[str, Any]) -> "Wish":
    from command.wishes import Wish

    elements = tuple(
        tuple(part.strip() for part in each.split(",") if part.strip())
        for each in said.pop("elements")
    )
    for each in elements:
        if len(each) < 2:
            raise click.BadParameter(
                "an element takes two pictures or more: front.png,side.png",
                param_hint="'--element'",
            )
    if not prompt.strip():
        raise click.BadParameter("it says nothing", param_hint="'--prompt'")
    return Wish(prompt=prompt, elements=elements, **said)


@click.command(cls=Verb)
@click.argument("clip")
@click.option("-p", "--prompt", required=True, help="what to change, in words")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="where to save the result: a file, of several a folder",
)
@wish_options
@click.option("--yes", is_flag=True, help="agree to the price")
@click.option("--max-usd", type=DOLLARS, metavar="N", help="agree up to so many dollars in all")
@click.option("--dry-run", is_flag=True, help="only say what it would cost")
@click.option("--detach", is_flag=True, help="do not wait for the end")
@click.option(
    "--live",
    type=click.Choice(["fal", "evolink", "novita", "aimlapi"], case_sensitive=False),
    metavar="PROVIDER",
    help="the real provider without AWS; its key from the environment: FAL_KEY, EVOLINK_API_KEY, "
    "NOVITA_API_KEY or AIML_API_KEY",
)
@click.option("--via", metavar="PLACE", help="with --live: s3://BUCKET/FOLDER/, or a tunnel")
@click.option("--again", is_flag=True, help="a new edit, even if the same call made one before")
@as_json
@at_a_stack
def edit(  # noqa: PLR0913  each is an option of its own
    place: "StackChoice",
    clip: str,
    prompt: str,
    out: Path | None,
    yes: bool,
    max_usd: float | None,
    dry_run: bool,
    detach: bool,
    again: bool,
    live: str | None,
    via: str | None,
    is_json: bool,
    **said: Any,
) -> int:
    """Edit CLIP: a file, a folder of clips, or clips that lie in the inbox bucket already
    (s3://inbox/folder/).

    The price comes first. Ctrl-C ends the waiting, not the edit; the same call again makes no
    second edit, and goes on waiting for the first.
    """
    from command.editing import Ways, edit_all
    from command.starting import Consent

    wish = wish_of(prompt, said)
    consent = Consent(is_given=yes, most_usd=max_usd, ask=None if is_json else asks())
    ways = Ways(
        out=out,
        is_json=is_json,
        is_detached=detach,
        is_dry=dry_run,
        again=again,
        width=out_width(),
    )
    if live is None:
        return edit_all(place, clip, wish, consent, ways)
    return _edit_live(live, via, place, clip, wish, consent, ways)


def _edit_live(
    provider: str,
    via: str | None,
    place: "StackChoice",
    clip: str,
    wish: "Wish",
    consent: "Consent",
    ways: "Ways",
) -> int:
    """The same with a real provider behind the stack on this machine."""
    import uuid

    from command import live
    from command.clips import existing
    from command.editing import edit_all

    if ways.is_detached or place.stack is not None:
        raise click.UsageError("--live waits for its result, in a stack of its own.")
    live.check_model(provider, wish.model)
    if not Path(clip).is_dir():
        existing(Path(clip))
    key = live.key_of(provider)
    storage = live.storage_of(provider, key, via)
    nonce = uuid.uuid4().hex if ways.again else ""
    with live.opened(provider, key, storage, nonce=nonce) as opened:
        return edit_all(opened, clip, wish, consent, ways)


@click.command(cls=Verb)
@click.argument("clip", required=False)
@click.option("-p", "--prompt", default="Make it snow", help="what to change; its length counts")
@click.option("--seconds", type=SECONDS, metavar="S", help="of a clip that you do not have yet")
@wish_options
@as_json
@at_a_stack
def quote(
    place: "StackChoice",
    clip: str | None,
    prompt: str,
    seconds: float | None,
    is_json: bool,
    **said: Any,
) -> int:
    """What one edit of CLIP would cost, by model, and which of them would take it. Nothing is sent
    to any provider, and the clip stays here."""
    from command.clips import SCHEME, existing, named
    from command.exits import Exit
    from command.listings import of_quotes
    from command.starting import check_pictures

    wish = wish_of(prompt, said)
    check_pictures(wish)
    asked = wish.request()
    if clip is None and seconds is None:
        raise click.UsageError("Name a clip, or its length with --seconds.")
    if clip is not None and not clip.startswith(SCHEME):
        existing(Path(clip))
    door = place.open()
    if clip is None:
        asked["clip"] = {"duration_seconds": seconds}
    else:
        (first, *_) = named(clip, door)
        asked |= first.asked()
    answer = door.read("POST", "/quotes", asked)
    if is_json:
        print_json(answer)
    else:
        print(of_quotes(answer, out_width()))
    return Exit.DONE if any(each["is_accepted"] for each in answer["quotes"]) else Exit.REFUSED
