"""Where a clip's scene changes, as the numbers of its frames.

The measure is libavfilter's `select=scene`: how much a frame differs from the one before it, less
what it differed already, of 1. A cut scores high, a pan or a flicker does not.
"""

from contextlib import suppress
from pathlib import Path

import av
from av.filter import Graph

from retake.catalog.repair_plan import Target
from retake.media.measure import Deadline, Survey
from retake.media.transcode import frames

# ffmpeg's documentation of `select` calls 0.3 to 0.5 sane; between footage and a cut to it.
THRESHOLD = 0.3


def scene_changes(source: Path, found: Survey, target: Target, watch: Deadline) -> tuple[int, ...]:
    """The frames with which a new scene begins. Raises Refused as the decoding does."""
    marks: list[int] = []
    graph: Graph | None = None

    def take(picture: av.VideoFrame) -> None:
        nonlocal graph
        if graph is None:
            graph = _graph(picture)
        graph.push(picture)
        with suppress(av.BlockingIOError, av.EOFError):
            while True:
                chosen = graph.pull()
                marks.append(round((chosen.pts or 0) * (chosen.time_base or 0) * target.rate))

    frames(source, found, target, take, watch)
    return tuple(at for at in marks if at > 0)


def _graph(picture: av.VideoFrame) -> Graph:
    graph = Graph()
    chain = [
        graph.add_buffer(
            template=None,
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=picture.time_base,
        ),
        graph.add("scale", "w=192:h=-2:flags=fast_bilinear"),
        graph.add("select", f"gt(scene\\,{THRESHOLD})"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*chain).configure()
    return graph
