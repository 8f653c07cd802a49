"""What an error means, read by principle: one table for every provider.

A refusal is proven by its status: a 4xx says that the request was not taken. Its words say which
refusal it is. The status codes are those of RFC 9110; the words are those of the four providers'
error pages and clients, and of the open-source gateways (new-api, one-api) whose bodies they share.
"""

import re

from retake.domain.patterns import pattern
from retake.domain.values import dataclass
from retake.providers.contract import Verdict
from retake.providers.error_body import ErrorBody
from retake.providers.status_words import says_that_it_failed, squashed

# Each of them may stand for a request that went through: a timeout, a conflict with what is there
# already, a replay, a client that left. So may every redirect and every 5xx.
DOUBTFUL = frozenset({408, 409, 425, 499})
# Every other 4xx says that the request was not carried out, whoever says so and in whatever form:
# nothing, a page, plain words. A router that knows no such path (404, 405), a gateway that finds
# the request too long (413, 414, 431), without a length (411), of the wrong type (415) or malformed
# (400, 422), a desk that wants a key or money (401, 402), a court (451): none of them has passed it
# on. But a firewall may answer 403 in place of what the application behind it has answered already
# (ModSecurity's response phases do), so a 403 counts only in an application's own form.
OF_AN_APPLICATION_ONLY = 403
# The request itself is at fault. What such an answer says of an account in passing may be quoted
# from the request, or be about the address of a picture.
FAULTS_OF_A_REQUEST = frozenset({400, 413, 414, 415, 422})
OF_THE_ACCOUNT = frozenset({Verdict.NO_CREDIT, Verdict.BAD_KEY})


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: the words and the sentences that mean a verdict. Words are matched squashed."""

    verdict: Verdict
    words: re.Pattern[str]
    sentences: re.Pattern[str]


def _row(verdict: Verdict, words: str, sentences: str = r"(?!)") -> Meaning:
    return Meaning(verdict, pattern(words), pattern(sentences, re.IGNORECASE))


_MODERATION = _row(
    Verdict.MODERATION,
    r"moderat|contentpolicy|policyviolation|contentviolation|contentfilter|sensitive|nsfw|unsafe|"
    r"safety|riskcontrol|prohibitedcontent|inappropriate|censor|datainspection|"
    r"illegal(prompt|image|video|content|text|input)",
    r"content.?(security.?)?policy|content.?moderation|"
    r"moderation (system|filter|block|fail|check|reject)|"
    r"(by|our|pass|failed) (the )?moderation|nsfw|sensitive|safety|risk control|"
    r"inappropriate|illegal (prompt|image|video|content|input)|prohibited content|敏感|违规",
)
_UNKNOWN_TASK = pattern(
    r"(task|generation|request|job)s?(id)?(notfound|notexist|expired)|invalidtaskid|^notfounderror$"
)
_UNKNOWN_BY_SENTENCE = pattern(
    r"\b(task|generation|request|job)\b.{0,120}\b(not found|(does not|doesn't) exist)\b|"
    r"\bno such (task|generation|request|job)\b",
    re.IGNORECASE | re.DOTALL,
)
_HASTE = pattern(
    r"too many requests|rate.?limit|concurrent requests|(retry|try again) later|busy",
    re.IGNORECASE,
)
# The first row that holds counts; words count before sentences.
MEANINGS = (
    # Whatever else such an answer says: the order may stand.
    _row(Verdict.AMBIGUOUS, r"outcomeunknown|idempotency"),
    _MODERATION,
    _row(
        Verdict.NO_CREDIT,
        # Some spell it `insufficent`, as in err_insufficent_balance.
        r"(insuffici?ent|notenough|lowon).*(quota|balance|credit|fund)|"
        r"(quota|balance|credit|fund).*(insuffici?ent|notenough|exhausted|depleted)|"
        r"(exhausted|outof|runoutof)(quota|balance|credit|fund)|arrear|overdue|paymentrequired|"
        r"unpaid|(account|user)(locked|suspended)|(token|key|user|account|daily)\w*quota\w*(exceeded|exhausted)|preconsume\w*quota",
        r"(insufficient|not enough|exhausted|run out of|out of) "
        r"(\w+ )?(quota|balance|credit|fund)|(quota|balance|credits?|funds?) (is |are )?"
        r"(insufficient|not enough|exhausted|depleted)|top.?up|recharge|"
        r"exceeded (your|the) (current )?(quota|credit)|payment required|\bin arrears\b|"
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
        r"(invalid|expired|missing) (api |access )?token\W*$|authentication (is )?required",
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
    known = _meaning(status, complaint)
    if known is Verdict.AMBIGUOUS:
        return known
    if status in (401, 402):
        return BY_STATUS[status]
    if known is not None:
        return known
    if status == OF_AN_APPLICATION_ONLY and (complaint is None or not complaint.is_json):
        return Verdict.AMBIGUOUS
    return BY_STATUS.get(status, Verdict.REFUSED)


def poll_verdict(status: int, complaint: ErrorBody | None) -> Verdict:
    """What an answer outside 2xx to a question means; what is not here says nothing of the task."""
    if status in (401, 429):
        return BY_STATUS[status]
    if complaint is None or not complaint.is_json or not 400 <= status < 600:
        return Verdict.TRANSIENT
    if any(says_that_it_failed(word) for word in complaint.types):
        return Verdict.MODERATION if is_about_the_content(complaint) else Verdict.FAILED
    if status >= 500:
        return Verdict.TRANSIENT
    if speaks_of_an_unknown_task(complaint):
        return Verdict.LOST
    known = _by_words(complaint)
    if known in OF_A_POLL:
        return known
    if status in (404, 410) or _is_unknown_by_sentence(complaint):
        return Verdict.LOST
    return Verdict.TRANSIENT


def asks_to_wait(complaint: ErrorBody) -> bool:
    """Whether an error is about the pace of the questions."""
    return _by_words(complaint) is Verdict.RATE_LIMITED or any(
        _HASTE.search(sentence) for sentence in complaint.sentences
    )


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


def _is_unknown_by_sentence(complaint: ErrorBody) -> bool:
    return any(_UNKNOWN_BY_SENTENCE.search(sentence) for sentence in complaint.sentences)


def _meaning(status: int, complaint: ErrorBody | None) -> Verdict | None:
    """The words' meaning first; sentences count where no word says that the request is at fault."""
    if complaint is None:
        return None
    by_words = _by_words(complaint)
    if by_words is not None:
        return by_words
    if status == 429 and asks_to_wait(complaint):
        return Verdict.RATE_LIMITED  # and recharging would only raise the limit
    is_at_fault = status in FAULTS_OF_A_REQUEST
    for sentence in map(_unquoted, complaint.sentences):
        for row in MEANINGS:
            unclear = row.verdict in OF_THE_ACCOUNT and is_at_fault
            if row.sentences.search(sentence) and not (unclear and not _ACCOUNT.match(sentence)):
                return row.verdict
    return None


# How a sentence begins that is about the account and not about the request.
_ACCOUNT = pattern(
    r"\W*((sorry|error)\W+)?((your|the|user|this|current|account|team)('s)?\W+)*"
    r"((insufficient|not enough|exhausted|out of) (\w+ )?(balance|credit|quota|fund)|"
    r"(invalid|expired|missing|incorrect|no) api.?key|"
    r"(balance|credits?|quota|api.?key|account|arrears)\b|余额|额度)",
    re.IGNORECASE,
)
_QUOTED = pattern(
    r"""(?<!\w)'[^']*'(?!\w)|"[^"]*"|`[^`]*`|«[^»]*»|「[^」]*」|"""
    r"\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019"
)


def _unquoted(sentence: str) -> str:
    """A sentence without what it quotes: that is the request's, and may say anything."""
    return _QUOTED.sub(" ", sentence)


def _by_words(complaint: ErrorBody) -> Verdict | None:
    words = [squashed(word) for word in complaint.types]
    return next(
        (row.verdict for row in MEANINGS if any(row.words.search(word) for word in words)), None
    )
