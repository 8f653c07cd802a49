"""The fault script: which calls go wrong, and how.

A rule names a call and a fault:
`{"provider": "fal", "call": "submit", "fault": "drop", "times": 1}`.
The first rule that matches a call and is not used up decides it; others wait.

`call` is one of: submit, poll, result (fal's second GET), cancel, list, cdn (download of a
result), fetch (the provider reads our source), callback (decided once per job, at its submit).
Optional: `provider`, `times` (absent or null: always), `after` (let the first n matching calls
pass), `match` (only calls whose path, query or body holds this text). Everything else in a rule
is a parameter of its fault.

Faults of the wire, for any call but fetch and callback. On submit, `accepted` says whether a job
was started behind the reply; the default is given in brackets.

| fault | what it does |
|---|---|
| ok | nothing; fills a place in a sequence |
| drop [accepted] | does the work, then closes the connection without a byte |
| drop_before [not] | closes the connection without doing anything |
| rst [accepted] | as drop, with a TCP reset |
| half [accepted] | full Content-Length, half the body, then closes |
| hang [accepted] | sends nothing for `seconds` (default 3600), then closes |
| drip [accepted] | `bytes_per_second` (default 1) of the `part` "body" (default) or "headers" |
| bomb [accepted] | gzip body of `megabytes` (default 200) of zeros |
| html [accepted] | `status` (default 200) with an nginx-like page |
| redirect [not] | `status` (default 302) to `location` |
| status [not] | `status` with `body` (JSON or text) and `headers` |
| row [not] | the row `code` of that provider's own error table |
| answer | a real answer by its `name` in tests/payloads/answers.json, to submit, poll or result; |
| | a submit is accepted where that answer says so |
| no_credit, bad_key, moderation, rate (`retry_after`), refused, gone, unavailable, internal, |
| not_found [not] | the usual row of that meaning, in the provider's own body |

Faults of a submit:

| fault | what it does |
|---|---|
| slow_accept | waits `seconds`, accepts (even if the client has left), answers |
| reuse_id | accepts a new job but answers with the id of the one before (or `id`) |
| no_id | accepts, and answers 200 without any id |

Faults of a job: on submit they stay with that job, on poll or result they colour one answer.

| fault | what it does |
|---|---|
| fail | ends failed; `reason` is the provider's text |
| moderation_fail | ends refused for its content |
| stuck | runs for ever |
| lag_404 | is unknown to the first `polls` (default 3) polls |
| lie | `says` "running" (default), "done" or "failed" whatever is true |
| unknown_status | shows `word` (default "PAUSED") as its status |
| no_url | is done without any link |
| two_urls | is done with two links where the provider has a list |
| image_url | is done, but the link ends in .png |
| foreign_url | is done with `url` as its link |
| progress | shows `value` (default 101) as its progress |
| ttl | its link lives `seconds` (default 0) |
| short_video | the result is only `share` (default 0.5) as long as it should be |

Faults of the CDN, besides those of the wire:

| fault | what it does |
|---|---|
| truncate | right length announced, `share` (default 0.5) of the bytes sent |
| no_length | no length announced, `share` (default 0.5) sent, a clean close |
| wrong_length | announces `extra` (default -100) bytes more than it has |
| endless | no length, never stops |
| not_video | 200 with HTML, or `body` |
| expired | 403, as after the link's life |

Faults of fetch: `fail` (source unreachable), `late` (waits `seconds` first), `again` (reads
twice), and of callbacks:

| fault | what it does |
|---|---|
| none | never called |
| once | called when done, no retries |
| repeat | delivered `copies` (default 2) times |
| early | the job ends and is called back before its submit is answered |
| late | called `seconds` (default 5) after it was done |
| forged | another one first: unknown job id, or signed with an unknown key |
| foreign | another one first: signed rightly, but for another account (fal) |
| lie | another one first: says done while the job still runs |

`only: true` leaves out the honest callback after a forged, foreign or lying one.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from local.simulators import recorded

CALLS = frozenset({"submit", "poll", "result", "cancel", "list", "forget"}) | {
    "cdn",
    "fetch",
    "callback",
}

ACCEPTED_BEHIND = frozenset({"drop", "rst", "half", "hang", "drip", "bomb", "html"})
"""Wire faults that hide an accepted job unless the rule says otherwise."""
NAMED_ROWS = frozenset(
    {
        "no_credit",
        "bad_key",
        "moderation",
        "rate",
        "refused",
        "gone",
        "unavailable",
        "internal",
        "not_found",
    }
)
WIRE = ACCEPTED_BEHIND | NAMED_ROWS | {"ok", "drop_before", "redirect", "status", "row"}
RECORDED = frozenset({"answer"})
OF_SUBMIT = frozenset({"slow_accept", "reuse_id", "no_id"})
OF_JOB = frozenset(
    {
        "fail",
        "moderation_fail",
        "stuck",
        "lag_404",
        "lie",
        "unknown_status",
        "no_url",
        "two_urls",
        "image_url",
        "foreign_url",
        "progress",
        "ttl",
        "short_video",
    }
)
OF_CDN = frozenset({"truncate", "no_length", "wrong_length", "endless", "not_video", "expired"})
OF_FETCH = frozenset({"ok", "fail", "late", "again"})
OF_CALLBACK = frozenset({"none", "once", "repeat", "early", "late", "forged", "foreign", "lie"})

ALLOWED = {
    "submit": WIRE | RECORDED | OF_SUBMIT | OF_JOB,
    "poll": WIRE | RECORDED | OF_JOB,
    "result": WIRE | RECORDED | OF_JOB,
    "cancel": WIRE,
    "list": WIRE,
    "forget": WIRE,
    "cdn": WIRE | OF_CDN,
    "fetch": OF_FETCH,
    "callback": OF_CALLBACK | {"ok"},
}
OWN_WORDS = ("provider", "call", "fault", "times", "after", "match")


@dataclass
class FaultRule:
    """One line of the script and how often it was looked at and used."""

    call: str
    fault: str
    provider: str | None = None
    times: int | None = None
    after: int = 0
    match: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    used: int = 0

    @classmethod
    def of(cls, words: dict[str, Any]) -> "FaultRule":
        """Read a rule from JSON. Raises ValueError for an unknown call or fault."""
        call, fault = words.get("call"), words.get("fault")
        if call not in CALLS:
            raise ValueError(f"unknown call {call!r}: one of {sorted(CALLS)}")
        if fault not in ALLOWED[call]:
            raise ValueError(f"unknown fault {fault!r} for {call}: one of {sorted(ALLOWED[call])}")
        if fault in RECORDED and words.get("name") not in recorded.names(
            call, words.get("provider")
        ):
            raise ValueError(f"no answer to {call} is called {words.get('name')!r}")
        own = {word: words[word] for word in OWN_WORDS if words.get(word) is not None}
        return cls(**own, params={k: v for k, v in words.items() if k not in OWN_WORDS})

    @property
    def starts_a_job(self) -> bool:
        """Whether a submit under this rule is accepted behind its reply."""
        if self.fault in RECORDED and "accepted" not in self.params:
            return recorded.is_accepted(str(self.params["name"]))
        return bool(self.params.get("accepted", self.fault not in WIRE - ACCEPTED_BEHIND - {"ok"}))

    def as_json(self) -> dict[str, Any]:
        """The rule as it was given, with its counters."""
        own = {word: getattr(self, word) for word in (*OWN_WORDS, "seen", "used")}
        return {**own, **self.params}


class Script:
    """The rules in force, safe for many threads."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._lock = Lock()

    def set(self, rules: list[dict[str, Any]]) -> None:
        """Replace all rules. Raises ValueError and changes nothing when one is wrong."""
        read = [FaultRule.of(rule) for rule in rules]
        with self._lock:
            self._rules = read

    def take(self, provider: str, call: str, text: str = "") -> FaultRule | None:
        """The rule for this call, counted as used; None when it goes well."""
        chosen = None
        with self._lock:
            for rule in self._rules:
                here = rule.call == call and rule.provider in (None, provider)
                if not here or (rule.match is not None and rule.match not in text):
                    continue
                rule.seen += 1
                due = rule.seen > rule.after and (rule.times is None or rule.used < rule.times)
                if due and chosen is None:
                    rule.used += 1
                    chosen = rule
        return chosen

    def as_json(self) -> list[dict[str, Any]]:
        """The rules with their counters."""
        with self._lock:
            return [rule.as_json() for rule in self._rules]
