"""The endpoints that fal's simulator answers for, after fal's page of each."""

from dataclasses import dataclass

from local.simulators.dialect import KLING_PIXELS
from local.simulators.footage import MIB


@dataclass(frozen=True)
class Endpoint:
    """What fal's page says of one endpoint; `takes` are the fields beside prompt and clip."""

    usd_per_second: float
    takes: tuple[str, ...] = ("keep_audio", "image_urls", "elements")
    most_seconds: float = 10.0
    max_bytes: int = 200 * MIB
    pixels: tuple[int, int] = KLING_PIXELS
    counts_result: bool = False


ENDPOINTS = {
    "fal-ai/kling-video/o1/video-to-video/edit": Endpoint(0.168),
    "fal-ai/kling-video/o1/standard/video-to-video/edit": Endpoint(0.126),
    "fal-ai/kling-video/o3/pro/video-to-video/edit": Endpoint(0.336),
    "fal-ai/kling-video/o3/standard/video-to-video/edit": Endpoint(0.252),
    # Input plus output; nothing says which resolution comes, so the dearer one is billed.
    "kling/v4/video-to-video/edit": Endpoint(
        0.141,
        takes=("image_urls",),
        most_seconds=30.0,
        max_bytes=300 * MIB,
        pixels=(700, 4553),
        counts_result=True,
    ),
}


def app_of(endpoint: str) -> str:
    """The application that an endpoint belongs to: its owner and its name."""
    return "/".join(endpoint.split("/")[:2])


APPS = tuple(sorted({app_of(name) for name in ENDPOINTS}))
