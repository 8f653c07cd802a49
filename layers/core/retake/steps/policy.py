"""What the deployment chose about uploads, waiting and sending, made from its settings."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Self

from retake.domain.folders import Walls
from retake.domain.values import dataclass
from retake.settings import Settings

LISTENING_FACTOR = 5
CIRCUIT_SECONDS = 300  # the longest a key is held for a rate, or where the stack does not wait
TRY_SECONDS = 60  # how often, at most, an edit that comes tries a held key: that costs nothing
MAX_PROBE_SECONDS = 3600  # and how seldom the one does that tries it for all who wait
# In the provider's queue the deadline waits; the clip's signed link outlives that wait, as far as
# the credentials that sign it do.
QUEUE_SECONDS = 5 * 3600
CLIP_LINK_SECONDS = 6 * 3600
PARKED_TRIES = 12  # how often at least within the time an edit may wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What the stack says about every clip that is dropped.

    `settle_seconds` is how long a clip without a prompt waits for settings of its own,
    `shared_folders` are those that the settings of every folder may name material of.
    """

    prefix: str = ""
    default_prompt: str = ""
    settle_seconds: int = 0
    shared_folders: tuple[str, ...] = ()

    @property
    def walls(self) -> Walls:
        return Walls(self.prefix, self.shared_folders)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitPolicy:
    """How long and how often a running edit is asked about. Durations in seconds.

    For `patience_seconds` a bad answer about a result that is paid for is asked again before it
    counts; for `park_seconds` an edit whose questions are refused waits, past its deadline too.
    `on_uncertain` is what happens to a submit whose fate stays unknown: `fail` or `retry_once`.
    """

    first_poll_seconds: int = 45
    max_poll_seconds: int = 60
    park_seconds: int = 0
    patience_seconds: int = 900
    on_uncertain: str = "fail"

    @classmethod
    def of(cls, known: Settings) -> Self:
        """What the deployment says."""
        return cls(
            first_poll_seconds=known.first_poll_seconds,
            max_poll_seconds=known.max_poll_seconds,
            park_seconds=known.park_seconds,
            patience_seconds=known.patience_seconds,
            on_uncertain=known.on_uncertain,
        )

    @property
    def longest_trouble_seconds(self) -> int:
        """How long an edit waits past its deadline for a question to be answered again."""
        return max(self.park_seconds, self.patience_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPolicy:
    """How edits are offered to providers. Durations in seconds.

    `listen_seconds` is the first wait where the provider calls back, if that differs from
    `first_wait_seconds`; `deadline_seconds` overrides the model's own when it is not 0;
    `model_order` names the models to fail over to. For `park_seconds` an edit waits for credit, a
    good key or a free place, and for `settle_seconds` for the settings of its clip. `stack_mark`
    tells this stack's jobs from those of another one on the same account; `callback_providers`
    are given an address to call.
    """

    first_wait_seconds: int = 45
    listen_seconds: int = 0
    deadline_seconds: int = 0
    model_order: Sequence[str] = ()
    park_seconds: int = 0
    settle_seconds: int = 0
    stack_mark: str = ""
    callback_providers: Sequence[str] = ()

    @classmethod
    def of(cls, known: Settings) -> Self:
        """What the deployment says."""
        return cls(
            first_wait_seconds=known.first_poll_seconds,
            listen_seconds=guard_seconds(known.max_poll_seconds),
            deadline_seconds=known.deadline_seconds,
            model_order=known.model_order,
            park_seconds=known.park_seconds,
            settle_seconds=known.settle_seconds,
            stack_mark=stack_mark(known.results_bucket),
            callback_providers=known.callback_providers if known.public_url else (),
        )

    @property
    def longest_probe_seconds(self) -> int:
        """How seldom, at most, a key that is held is tried again."""
        if not self.park_seconds:
            return CIRCUIT_SECONDS
        return max(1, min(MAX_PROBE_SECONDS, self.park_seconds // PARKED_TRIES))


def stack_mark(results_bucket: str) -> str:
    """A short word for a stack: the name of its bucket, which no other bucket in AWS has."""
    return sha256(results_bucket.encode()).hexdigest()[:10]


def guard_seconds(maximum: int) -> int:
    """How long whoever is called waits before it asks all the same, in case the call was lost.

    Longer than edits take, by the stack's own settings five minutes: each needless question costs
    three transitions, which is a tenth of what orchestrating the whole edit does.
    """
    return LISTENING_FACTOR * maximum
