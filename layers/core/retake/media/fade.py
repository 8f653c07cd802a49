"""Pictures of two pieces faded into each other in linear light, as light itself would add up.

Added as they are coded, a dark and a bright picture make one that is too dark on the way. The curve
is that of ITU-R BT.709, 1.2; twelve bits keep three steps for the darkest of eight.
"""

from fractions import Fraction
from typing import cast

import av
from av.filter import Graph
from av.filter.context import FilterContext

from retake.media.colour import BT709

_TO_LIGHT = "if(lt(val\\,0.081*maxval)\\,val/4.5\\,maxval*pow((val/maxval+0.099)/1.099\\,1/0.45))"
_TO_CODE = "if(lt(val\\,0.018*maxval)\\,val*4.5\\,maxval*(1.099*pow(val/maxval\\,0.45)-0.099))"
_LINEAR = "gbrp12le"
_FLAGS = "flags=bicubic+accurate_rnd+full_chroma_int"
_TICK = Fraction(1, 1000)


class Fade:
    """Makes one picture of two, each in 4:2:0 as they are encoded; one graph for a whole film."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._made = 0

    def between(
        self, before: av.VideoFrame, after: av.VideoFrame, share: Fraction
    ) -> av.VideoFrame:
        """The picture of which `share` is the one after, from 0 to 1. Both lose their time."""
        if self._graph is None:
            self._graph = self._linked(before)
        self._mix.process_command("weights", f"{float(1 - share):.6f} {float(share):.6f}")
        for way, picture in zip(self._ways, (before, after), strict=True):
            picture.pts, picture.time_base = self._made, _TICK
            way.push(picture)
        self._made += 1
        return cast("av.VideoFrame", self._sink.pull())

    def _linked(self, like: av.VideoFrame) -> Graph:
        graph = Graph()
        self._ways: list[FilterContext] = []
        self._mix = graph.add("mix", "inputs=2:weights=1 1")
        for number in range(2):
            way = graph.add_buffer(
                width=like.width, height=like.height, format=like.format, time_base=_TICK
            )
            steps = [
                way,
                graph.add("scale", f"in_color_matrix={BT709}:in_range=tv:{_FLAGS}"),
                graph.add("format", f"pix_fmts={_LINEAR}"),
                graph.add("lutrgb", _curve(_TO_LIGHT)),
            ]
            graph.link_nodes(*steps)
            steps[-1].link_to(self._mix, 0, number)
            self._ways.append(way)
        self._sink = graph.add("buffersink")
        graph.link_nodes(
            self._mix,
            graph.add("lutrgb", _curve(_TO_CODE)),
            graph.add("scale", f"out_color_matrix={BT709}:out_range=tv:{_FLAGS}"),
            graph.add("format", f"pix_fmts={like.format.name}"),
            self._sink,
        )
        graph.configure()
        return graph


def _curve(said: str) -> str:
    return f"r={said}:g={said}:b={said}"
