"""What an error means, read by principle: one table for every provider.

A refusal is proven by its status: a 4xx says that the request was not taken. Its words say which
refusal it is. The status codes are those of RFC 9110; the words are those of the four providers'
error pages and clients, and of the open-source gateways (new-api, one-api) whose bodies they share.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retake.providers.answer_parsing import cleaned
from retake.providers.contract import Verdict
from retake.providers.shapes import MAX_DEPTH, MAX_ITEMS, fields_of
from retake.providers.status_words import squashed

# Each of them may stand for a request that went through: a timeout, a conflict with what is there
# already, a replay, a client that left. So may every redirect and every 5xx.
DOUBTFUL = frozenset({408, 409, 425, 499})
PLAIN_TEXT_CHARS = 2000


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says: in words for machines, and in sentences for people.

    `is_json` is false for a text that no provider's own form holds, such as a router's
    `404 page not found`.
    """

    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    is_json: bool = True

    @property
    def types(self) -> tuple[str, ...]:
        """The words that say something: a number only repeats a status."""
        return tuple(word for word in self.words if not word.isdecimal())

    @property
    def summary(self) -> str | None:
        """One line for a record."""
        return cleaned(": ".join(dict.fromkeys((*self.types[:1], *self.sentences))))


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: the words and the sentences that mean a verdict. Words are matched squashed."""

    verdict: Verdict
    words: re.Pattern[str]
    sentences: re.Pattern[str]


def _row(verdict: Verdict, words: str, sentences: str = r"(?!)") -> Meaning:
    return Meaning(verdict, re.compile(words), re.compile(sentences, re.IGNORECASE))


_MODERATION = _row(
    Verdict.MODERATION,
    r"moderat|contentpolicy|policyviolation|contentviolation|contentfilter|sensitive|nsfw|unsafe|"
    r"safety|riskcontrol|prohibitedcontent|inappropriate|censor|datainspection|"
    r"illegal(prompt|image|video|content|text|input)",
    r"content.?moderation|moderation (system|filter|block|fail|check|reject)|"
    r"(by|our|pass|failed) (the )?moderation|content.?policy|nsfw|sensitive|safety|risk control|"
    r"inappropriate|illegal (prompt|image|video|content|input)|prohibited content|敏感|违规",
)
_UNKNOWN_TASK = re.compile(
    r"(task|generation|request|job)s?(id)?(notfound|notexist|expired)|invalidtaskid|^notfounderror$"
)
# The first row that holds counts; words count before sentences.
MEANINGS = (
    # Whatever else such an answer says: the order may stand.
    _row(Verdict.AMBIGUOUS, r"outcomeunknown|idempotency"),
    _MODERATION,
    _row(
        Verdict.NO_CREDIT,
        r"(insufficient|notenough|lowon).*(quota|balance|credit|fund)|"
        r"(quota|balance|credit|fund).*(insufficient|notenough|exhausted|depleted)|"
        r"(exhausted|outof|runoutof)(quota|balance|credit|fund)|arrear|overdue|paymentrequired|"
        r"unpaid|(account|user)(locked|suspended)|(token|key|user|account|daily)\w*quota\w*(exceeded|exhausted)|preconsume\w*quota",
        r"(insufficient|not enough|exhausted|run out of|out of) "
        r"(\w+ )?(quota|balance|credit|fund)|(quota|balance|credits?|funds?) (is |are )?"
        r"(insufficient|not enough|exhausted|depleted)|top.?up|recharge|"
        r"exceeded (your|the) (current )?(quota|credit)|payment required|"
        # Of a locked account, whatever its reason: fal's issues 1147, 1163, 1168.
        r"(user|account) (is|was|has been) (locked|suspended)|admin lock|"
        r"余额不足|额度不足|额度失败|欠费",
    ),
    _row(
        Verdict.BAD_KEY,
        r"(invalid|missing|expired|disabled|incorrect|wrong|revoked)(api|access)?(key|token)$|"
        r"^(api|access)?(key|token)(is)?(invalid|missing|expired|disabled|revoked)|"
        r"userdisabled|unauthori[sz]ed|unauthenticated|"
        r"auth(entication|orization)?(error|failed|failure|required)|failedtoauth|"
        r"invalidcredential",
        r"(invalid|incorrect|missing|expired|valid|no) api.?key|"
        r"api.?key (is |was |has )?(not valid|invalid|incorrect|missing|expired|disabled|revoked)|"
        r"(invalid|expired|missing) (api |access )?token\W*$",
    ),
    _row(Verdict.RATE_LIMITED, r"ratelimit|toomanyrequests|throttl|concurrent\w*limit"),
    _row(
        Verdict.GONE,
        r"model\w*(notfound|notexist|offline|deprecated|retired)|"
        r"(unknown|invalid|unsupported)model$|(api|route|endpoint)notfound",
    ),
    # `invalid_request_error` is no such word: gateways give that type to every 4xx.
    _row(
        Verdict.REFUSED,
        r"invalid(param|input|argument|image|video|prompt|field|value|body)|validation|"
        r"unprocessable|toolarge|toolong|toosmall|tooshort|unsupported(format|value|video|image)",
    ),
)
BY_STATUS = {
    401: Verdict.BAD_KEY,
    402: Verdict.NO_CREDIT,
    404: Verdict.GONE,
    410: Verdict.GONE,
    429: Verdict.RATE_LIMITED,
}
# What a poll's refusal may say of the task or of us. Credit is no matter of a question.
OF_A_POLL = frozenset({Verdict.BAD_KEY, Verdict.RATE_LIMITED, Verdict.MODERATION, Verdict.GONE})


def submit_verdict(status: int, complaint: ErrorBody | None) -> Verdict:
    """What an answer outside 2xx to a submit means."""
    if not 400 <= status < 500 or status in DOUBTFUL:
        return Verdict.AMBIGUOUS
    known = _meaning(complaint)
    if known is Verdict.AMBIGUOUS:
        return known
    if status in (401, 402):
        return BY_STATUS[status]
    if known is not None:
        return known
    if status == 429:
        return Verdict.RATE_LIMITED
    if complaint is None or (status == 403 and not complaint.is_json):
        return Verdict.AMBIGUOUS  # a gateway's page: it may stand for anything behind it
    return BY_STATUS.get(status, Verdict.REFUSED)


def poll_verdict(status: int, complaint: ErrorBody | None) -> Verdict:
    """What an answer outside 2xx to a question means; what is not here says nothing of the task."""
    if status in (401, 429):
        return BY_STATUS[status]
    if complaint is None or not complaint.is_json or not 400 <= status < 500:
        return Verdict.TRANSIENT
    if speaks_of_an_unknown_task(complaint):
        return Verdict.LOST
    known = _by_words(complaint)
    if known in OF_A_POLL:
        return known
    return Verdict.LOST if status in (404, 410) else Verdict.TRANSIENT


def speaks_of_an_unknown_task(complaint: ErrorBody) -> bool:
    """Whether a word for machines says that the provider does not know the task."""
    return any(_UNKNOWN_TASK.search(squashed(word)) for word in complaint.types)


def is_about_the_content(complaint: ErrorBody, *, sentences: bool = True) -> bool:
    """Whether a failure is a refusal of the content. Most providers have but a sentence for it;
    a wrong guess changes the reason an edit failed for, never whether it failed."""
    read = complaint.sentences if sentences else ()
    return any(_MODERATION.words.search(squashed(word)) for word in complaint.types) or any(
        _MODERATION.sentences.search(sentence) for sentence in read
    )


def _meaning(complaint: ErrorBody | None) -> Verdict | None:
    if complaint is None:
        return None
    said = " ".join(complaint.sentences)
    by_sentence = (row.verdict for row in MEANINGS if row.sentences.search(said))
    return _by_words(complaint) or next(by_sentence, None)


def _by_words(complaint: ErrorBody) -> Verdict | None:
    words = [squashed(word) for word in complaint.types]
    return next(
        (row.verdict for row in MEANINGS if any(row.words.search(word) for word in words)), None
    )


# ---------------------------------------------------------------- the body of an error

_WORD = re.compile(r"[\w.:/-]{1,80}")
_COINED = re.compile(r"[A-Za-z0-9]+([_.:-][A-Za-z0-9]+)+")  # a sentence of one word is none
WORD_NAMES = ("errortype", "code", "errorcode", "errcode", "reason")
# At the top these are the kind and the name of a task or of a document, and no error.
NESTED_WORD_NAMES = (*WORD_NAMES, "type", "name")
SENTENCE_NAMES = (
    *("message", "msg", "errormessage", "errormsg", "errordescription", "errdetail"),
    *("failreason", "reason"),
)
NESTED_NAMES = ("error", "errors", "detail", "details", "meta")
FINE = frozenset({"", "0", "200", "201", "202", "success", "succeeded", "ok", "none", "null"})


def complaint_in(answer: Any) -> ErrorBody | None:
    """What a JSON answer complains of; None when it is no object, list or sentence."""
    if not isinstance(answer, dict | list | str):
        return None
    words: list[str] = []
    sentences: list[str] = []
    for is_word, said in _said(answer, 0):
        (words if is_word else sentences).append(said)
    return ErrorBody(tuple(words), tuple(sentences))


def complaint_of_text(body: bytes) -> ErrorBody | None:
    """A body that is neither JSON nor a page: an application's own plain words, or None."""
    try:
        said = body.decode().strip("\ufeff \t\r\n")
    except ValueError:
        return None
    if not said or said[0] in "<{[" or len(said) > PLAIN_TEXT_CHARS:
        return None
    return ErrorBody(sentences=(said,), is_json=False)


def _said(value: object, depth: int) -> Iterator[tuple[bool, str]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from ((True, value),) if _COINED.fullmatch(value) else ()
        yield False, value
    elif isinstance(value, list):
        for item in value[:MAX_ITEMS]:
            yield from _said(item, depth + 1)
    elif isinstance(value, Mapping):
        fields = fields_of(value)
        for name in NESTED_WORD_NAMES if depth else WORD_NAMES:
            yield from _word(fields.get(name))
        for name in SENTENCE_NAMES:
            yield from _sentences(fields.get(name))
        for name in NESTED_NAMES:
            yield from _said(fields.get(name), depth + 1)


def _word(value: object) -> Iterator[tuple[bool, str]]:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**9 else ""
    if isinstance(value, str) and _WORD.fullmatch(value) and value.casefold() not in FINE:
        yield True, value


def _sentences(value: object) -> Iterator[tuple[bool, str]]:
    for each in value[:MAX_ITEMS] if isinstance(value, list) else [value]:
        if isinstance(each, str) and each.casefold() not in FINE:
            yield False, each
