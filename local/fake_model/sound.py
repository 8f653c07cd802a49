"""Sound on its way from one clip to another: copied as it is, or turned into AAC."""

from fractions import Fraction

import numpy as np
from av import AudioFrame, AudioResampler, Packet
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

MP4_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
"""What common players accept in mp4; anything else becomes AAC."""
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
AAC_RATES = frozenset({16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000})
"""Of the sampling frequencies in ISO/IEC 14496-3, table 1.18, those in common use."""


class Sound:
    """The first audio track of a clip; make it before the first packet is written."""

    def __init__(self, film: InputContainer, print_: OutputContainer, begin: Fraction) -> None:
        """`begin` is the clip's start in seconds, which becomes zero."""
        self.track: AudioStream = film.streams.audio[0]
        self._print = print_
        self._begin = begin
        context = self.track.codec_context
        self._copied = context.name in MP4_CODECS or self.track.codec.canonical_name in MP4_CODECS
        self._stream: AudioStream
        if self._copied:
            self._stream = print_.add_stream_from_template(self.track)
        else:
            # Raw sound often says how many channels it has, not where they belong.
            layout = LAYOUTS.get(context.channels, "stereo")
            rate = context.sample_rate if context.sample_rate in AAC_RATES else 48_000
            self._stream = print_.add_stream("aac", rate=rate, layout=layout)
            self._resampler = AudioResampler("fltp", layout, rate, frame_size=1024)

    def take(self, packet: "Packet[AudioStream]") -> None:
        """Write what one packet of the track holds; the empty last one drains the encoder."""
        if self._copied:
            if packet.dts is None or packet.time_base is None:
                return
            offset = round(self._begin / packet.time_base)
            packet.dts -= offset
            packet.pts = None if packet.pts is None else packet.pts - offset
            packet.stream = self._stream
            self._print.mux(packet)
            return
        frames = self.track.codec_context.decode(packet if packet.size else None)
        for frame in [*frames, *([] if packet.size else [None])]:
            if frame is not None and frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(self._begin / frame.time_base)
            for piece in self._resampler.resample(frame):
                self._print.mux(self._stream.encode(piece))
        if not packet.size:
            self._print.mux(self._stream.encode(None))


def play(print_: OutputContainer, voice: AudioStream, samples: NDArray[np.float32]) -> None:
    """Encode stereo sound, an array of shape (2, samples), into a track from its beginning."""
    rate = voice.codec_context.sample_rate
    for start in range(0, samples.shape[1], 1024):
        piece = np.ascontiguousarray(samples[:, start : start + 1024])
        frame = AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        print_.mux(voice.encode(frame))
    print_.mux(voice.encode(None))
