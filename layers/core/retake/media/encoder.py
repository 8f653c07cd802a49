"""The picture track of a new file: H.264 that every player shows, tagged with its colours."""

import av
from av.container import OutputContainer

from retake.catalog.repair_plan import Target
from retake.media.colour import RGB, conversion
from retake.media.measure import Survey

# What eyes hardly tell from the original, at the speed a function can afford.
QUALITY = {"preset": "veryfast", "crf": "18", "threads": "4"}


class Encoder:
    """Takes pictures as retake.media.transcode makes them of a clip that was surveyed."""

    def __init__(self, output: OutputContainer, found: Survey, target: Target) -> None:
        self._output = output
        self._base = 1 / target.rate
        stream = output.add_stream("libx264", rate=target.rate)
        bits = str(target.most_bits_per_second)
        stream.options = {**QUALITY, "maxrate": bits, "bufsize": bits}
        stream.width, stream.height, stream.pix_fmt = target.width, target.height, "yuv420p"
        context = stream.codec_context
        context.time_base = self._base
        shape = (found.display.width, found.display.height)
        is_rgb = found.colours.matrix == RGB
        tags = conversion(found.colours, *shape, is_rgb=is_rgb).tags
        context.color_range, context.colorspace = tags.range, tags.matrix
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        self._stream = stream

    def put(self, picture: av.VideoFrame) -> None:
        """The next picture, at its own time."""
        self._output.mux(self._stream.encode(picture))

    def put_as(self, picture: av.VideoFrame, number: int) -> None:
        """As the frame numbered so. It may be shown again as the next, so its own time is put
        back."""
        own = picture.pts, picture.time_base
        picture.pts, picture.time_base = number, self._base
        self.put(picture)
        picture.pts, picture.time_base = own

    def end(self) -> None:
        """There are no more."""
        self._output.mux(self._stream.encode(None))
