"""What can be done on the board of this machine: price, start, try again, cancel, fetch, link.

Everything goes through the API that the command uses, with the same credentials, so that the board
of a deployed stack works alike. The price that a person has read travels along: what would cost
more than that is not sent.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from retake.domain.vocabulary import Fit

from command.door import Door
from command.held_files import MAX_BYTES, HeldFiles
from command.link_minting import SHARE_DAYS, Mint, checked_id
from command.refusals import ApiRefusal, CommandRefused, NoConsent
from command.starting import Priced, meant, picture, start
from command.wishes import Wish
from local.errors import OutOfReach, UserError

Said = Mapping[str, Any]
Did = tuple[int, dict[str, Any]]
Earlier = Mapping[str, Any] | None

MAX_PROMPT = 10_000  # characters; what a model takes, the stack says
# A price is shown to the cent, and compared with a little room.
ROUNDING_USD = 0.01
# What another edit of the same clip says anew, or what no request says.
_NOT_REPEATED = {"prompt", "images", "operation", "source", "model", "fit", "keep_audio"}
# What a page may set beside the prompt, and of which type; the stack says what is right in it.
CHOICES: Mapping[str, type] = {"model": str, "fit": str, "keep_audio": bool}


@dataclass
class Workbench:
    """Answers what the page asks for; `held` are the files that were dropped onto it."""

    door: Door
    mint: Mint
    held: HeldFiles

    @cached_property
    def models(self) -> list[dict[str, Any]]:
        """What each model is called and costs, in the order in which the stack takes them."""
        found = self.door.read("GET", "/models")["models"]
        names = ("model", "title", "role", "usd_per_second", "images_maximum")
        return [{name: each[name] for name in names} for each in found]

    def offer(self) -> dict[str, Any]:
        """What the page needs to know before anything is dropped."""
        return {"url": "/desk", "most_bytes": MAX_BYTES, "fits": [*Fit], "models": self.models}

    def do(self, what: str, said: Said) -> Did | None:
        """A status and an answer; None for what there is not.

        Raises CommandRefused, NoConsent, ApiRefusal, OutOfReach.
        """
        done = _VERBS.get(what)
        return None if done is None else done(self, said)

    def price(self, said: Said) -> Did:
        """What each model would take for a clip, and why one would not."""
        earlier = self._earlier(said)
        said = {**said, "prompt": str(said.get("prompt") or "").strip() or "?"}
        asked = self._asked(said, earlier) | self._clip(said, earlier)
        asked.pop("model", None)  # all of them, so that another choice needs no new question
        found = self.door.read("POST", "/quotes", asked)["quotes"]
        return 200, {"quotes": [self._quote(each) for each in found]}

    def start(self, said: Said) -> Did:
        """One edit: of a held clip, or of the clip of an edit that there was."""
        earlier = self._earlier(said)
        quote = self._agreed(said, earlier)
        if earlier is not None:
            return self._start_anew(said, earlier)
        held = self.held.get(said.get("clip"))
        priced = Priced(
            clip=held.clip,
            model=quote["model"],
            provider=quote["provider"],
            usd=quote.get("quoted_usd"),
        )
        # The same clip started twice by an impatient hand is one edit; dropped again, another one.
        edit = start(self.door, priced, self._wished(said), nonce=held.key).edit
        self.held.release(held.key)
        return 202, {"edit_id": edit["edit_id"]}

    def reword(self, said: Said) -> Did:
        """What an edit asked for, whole, so that it can be asked for otherwise."""
        edit = self.door.edit(_edit_id(said))
        request = edit.get("request") or {}
        names = ("prompt", "images", *CHOICES)
        return 200, {name: request[name] for name in names if request.get(name) is not None}

    def retry(self, said: Said) -> Did:
        return self._told(f"/edits/{_edit_id(said)}/retry")

    def cancel(self, said: Said) -> Did:
        return self._told(f"/edits/{_edit_id(said)}/cancel")

    def approve(self, said: Said) -> Did:
        return self._answered(said, "yes", "It is approved for ${usd:.2f} and goes on.")

    def reject(self, said: Said) -> Did:
        return self._answered(said, "no", "It is refused; nothing is billed.")

    def link(self, said: Said) -> Did:
        """A link to the page of an edit that may be passed on."""
        return 200, {"url": self.mint.share(_edit_id(said), SHARE_DAYS), "days": SHARE_DAYS}

    def release(self, said: Said) -> Did:
        self.held.release(said.get("id"))
        return 200, {}

    def _answered(self, said: Said, word: str, told: str) -> Did:
        """The answer to an edit that asks about its price, for the amount that was read."""
        usd, edit_id = said.get("agreed_usd"), _edit_id(said)
        if not isinstance(usd, int | float):
            raise NoConsent("Look at the price, and answer again.")
        self.door.ask("POST", f"/edits/{edit_id}/approval", {"answer": word, "quoted_usd": usd})
        return 200, {"edit_id": edit_id, "message": told.format(usd=usd)}

    def _told(self, path: str) -> Did:
        answer = self.door.ask("POST", path)
        told = answer.json
        kept = ("edit_id", "outcome", "message")
        return answer.status, {name: told[name] for name in kept if name in told}

    def _earlier(self, said: Said) -> Earlier:
        """The edit whose clip is meant; None where a held one is."""
        return self.door.edit(_edit_id(said)) if said.get("edit_id") else None

    def _agreed(self, said: Said, earlier: Earlier) -> dict[str, Any]:
        """The quote of the model that is meant. Raises CommandRefused where it takes no such
        edit, NoConsent where it costs more than was agreed to."""
        asked = self._asked(said, earlier) | self._clip(said, earlier)
        quote = meant(self.door.read("POST", "/quotes", asked)["quotes"])
        if quote.get("refusal"):
            raise CommandRefused(quote["refusal"]["detail"])
        usd, agreed = quote.get("quoted_usd"), said.get("agreed_usd")
        most = agreed + ROUNDING_USD if isinstance(agreed, int | float) else 0.0
        if self.door.is_paid(quote["provider"]) and (usd is None or not usd <= most):
            told = "an unknown sum" if usd is None else f"${usd:.2f}"
            raise NoConsent(f"It would cost {told}; look at the price and start it again.")
        return quote

    def _start_anew(self, said: Said, earlier: Mapping[str, Any]) -> Did:
        """Another edit of a clip that lies in the inbox already, with what else it asked for."""
        body = self._asked(said, earlier, lambda path: picture(self.door, Path(path)))
        body |= self._clip(said, earlier)
        body |= {name: earlier[name] for name in ("tags", "reference") if earlier.get(name)}
        nonce = str(said.get("nonce") or uuid.uuid4().hex)
        answer = self.door.ask("POST", "/edits", body, {"idempotency-key": nonce})
        return 202, {"edit_id": answer.json["edit_id"]}

    def _asked(
        self,
        said: Said,
        earlier: Earlier,
        key_of: Callable[[str], str] = lambda path: Path(path).name,
    ) -> dict[str, Any]:
        """The request without its clip; pictures are named by `key_of`."""
        asked = self._wished(said).request(key_of)
        if earlier is None:
            return asked
        old = earlier.get("request") or {}
        others = {name: old[name] for name in old if name not in _NOT_REPEATED}
        wanted = said.get("kept_pictures")
        kept = [
            key for key in old.get("images") or [] if not isinstance(wanted, list) or key in wanted
        ]
        pictures = kept + asked.get("images", [])
        return others | asked | ({"images": pictures} if pictures else {})

    def _clip(self, said: Said, earlier: Earlier) -> dict[str, Any]:
        """The clip that is meant: by what is in it, or by where it lies; nothing where an edit was
        made of pictures only."""
        if earlier is None:
            held = self.held.get(said.get("clip"))
            return held.clip.asked()
        stored = earlier.get("source") or earlier.get("upload") or {}
        key = (earlier.get("request") or {}).get("source") or stored.get("key")
        return {"source": key} if key else {}

    def _wished(self, said: Said) -> Wish:
        """Raises CommandRefused for what says nothing."""
        prompt = str(said.get("prompt") or "").strip()
        if not prompt:
            raise CommandRefused("Say first what shall change.")
        if len(prompt) > MAX_PROMPT:
            raise CommandRefused(
                f"This prompt has {len(prompt):,} letters; no model takes so many."
            )
        chosen = {
            name: said[name]
            for name, kind in CHOICES.items()
            if isinstance(said.get(name), kind) and said[name] != ""
        }
        keys = said.get("pictures")
        paths = [self.held.get(key).path for key in keys] if isinstance(keys, list) else []
        return Wish(prompt=prompt, images=tuple(map(str, paths)), **chosen)

    def _quote(self, quote: Mapping[str, Any]) -> dict[str, Any]:
        refusal = quote.get("refusal") or {}
        told = {
            "model": quote["model"],
            "role": quote["role"],
            "usd": quote.get("quoted_usd"),
            "refusal": refusal.get("detail"),
            "code": refusal.get("code"),
            "is_paid": self.door.is_paid(quote["provider"]),
        }
        return {name: value for name, value in told.items() if value is not None}


_VERBS: Mapping[str, Callable[[Workbench, Said], Did]] = {
    "price": Workbench.price,
    "start": Workbench.start,
    "reword": Workbench.reword,
    "retry": Workbench.retry,
    "cancel": Workbench.cancel,
    "approve": Workbench.approve,
    "reject": Workbench.reject,
    "link": Workbench.link,
    "release": Workbench.release,
}


def fields_of(body: bytes) -> Said:
    """What the page said, as JSON. Raises CommandRefused."""
    try:
        said = json.loads(body or b"{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise CommandRefused("This is not what the board's page sends.")
    return said


def _edit_id(said: Said) -> str:
    """Raises CommandRefused; anything else would be another path of the API."""
    return checked_id(str(said.get("edit_id")))


# What an error is on the way back to the page: the first that fits.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NoConsent, 409),
    (OutOfReach, 503),
    (UserError, 422),
)


def status_of(error: Exception) -> int:
    """The HTTP status of an answer that is a sentence: this request's fault, or the stack's."""
    if isinstance(error, ApiRefusal):
        return error.status if error.status < 500 else 503
    return next((code for kind, code in STATUSES if isinstance(error, kind)), 503)
