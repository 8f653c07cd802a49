"""The columns of the catalog: what can be said of a model a provider sells.

Durations in seconds, sizes in bytes, sides in pixels, money in US dollars.
"""

from collections.abc import Mapping
from dataclasses import field
from math import ceil

from retake.domain.prompt_references import KLING
from retake.domain.values import dataclass
from retake.domain.vocabulary import Operation

MB = 1_000_000

VIDEO_CONTAINERS = ("mp4", "mov")
VIDEO_CODECS = ("h264", "hevc")
IMAGE_FORMATS = ("jpg", "jpeg", "png")
ASPECT_RATIOS = ("16:9", "9:16", "1:1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars per second: of input for an edit, of output for a reference video.

    With `counts_result` the result's seconds are billed beside the clip's, and never fewer than
    twice the result's. `by_resolution` has the prices of resolutions that cost something else. A
    price of 0 is one that nobody knows: nothing is sent by it.
    """

    usd_per_second: float
    minimum_seconds: float = 0
    whole_seconds: bool = False
    counts_result: bool = False
    by_resolution: Mapping[str, float] = field(default_factory=dict)

    def billed_seconds(self, clip_seconds: float, result_seconds: float | None = None) -> float:
        """The seconds that are charged for; a result is as long as its clip unless one says."""
        least = max(clip_seconds, self.minimum_seconds)
        billed = ceil(least) if self.whole_seconds else least
        if not self.counts_result:
            return billed
        made = billed if result_seconds is None else result_seconds
        return max(billed + made, 2 * made)

    def quote(
        self,
        clip_seconds: float,
        *,
        resolution: str | None = None,
        result_seconds: float | None = None,
    ) -> float:
        """What a clip of this length should cost; to a hundredth of a cent."""
        if not clip_seconds:
            return 0.0
        per_second = self.by_resolution.get(resolution or "", self.usd_per_second)
        return round(per_second * self.billed_seconds(clip_seconds, result_seconds), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The standard or the fast mode of a model."""

    minimum_seconds: float
    maximum_seconds: float
    price: Price
    provider_model: str | None = None  # its name or endpoint there, where the key does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One row of the catalog.

    The defaults are Kling's own limits for O1, which fal publishes too: the floor to expect of
    every reseller. `reference_form` is how the provider reads `@Image1`
    (retake.domain.prompt_references); images and elements are counted together.
    `sources` and `unknown` name figures, `notes` tell what was decided where documents disagree.
    """

    key: str
    provider: str
    operation: Operation
    title: str
    standard: Variant
    fast: Variant | None = None
    prompt_characters: int = 2500
    reference_form: str = KLING
    # The clip's field in the request, where it is not the one of the provider's other models.
    clip_field: str | None = None
    says_sound: bool = True  # the request can say whether the sound is kept
    resolutions: tuple[str, ...] = ()  # to choose from; the first is sent if nothing is said
    file_bytes: int = 200 * MB
    side_minimum: int = 720
    side_maximum: int = 2160
    fps_minimum: float = 24
    fps_maximum: float = 60
    containers: tuple[str, ...] = VIDEO_CONTAINERS
    codecs: tuple[str, ...] = VIDEO_CODECS
    images_maximum: int = 4
    images_maximum_without_video: int = 0
    image_bytes: int = 10 * MB
    image_formats: tuple[str, ...] = IMAGE_FORMATS
    image_side_minimum: int = 300
    image_proportions: tuple[float, float] = (0.4, 2.5)  # width divided by height
    elements_maximum: int = 0
    element_images_maximum: int = 3  # beside the frontal one
    aspect_ratios: tuple[str, ...] = ()
    durations: tuple[int, ...] = ()
    default_duration_seconds: int = 5  # of a reference video when the request names none
    source_required: bool = True
    calls_back: bool = False  # it can be asked to
    # When it was looked up that no page of the model lists the field that asks for a callback.
    callback_undocumented_on: str | None = None
    signs_callbacks: bool = False
    cancels: bool = False
    runs_at_once: int | None = None  # for a new account; None: not known
    lists: bool = False  # a lost submit can be looked for
    bills_failures: bool | None = None  # None: not known
    result_seconds: int | None = None  # None: not known
    deadline_seconds: int = 3600
    sources: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def resolution(self, asked: str | None) -> str | None:
        """What the request says of the resolution; None where the model has none to choose."""
        return asked or next(iter(self.resolutions), None)

    def variant(self, *, fast: bool) -> Variant:
        """The limits and price that hold; a model without a fast mode has only the standard one."""
        return self.fast if fast and self.fast else self.standard
