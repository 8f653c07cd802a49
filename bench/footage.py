"""Clips to measure with: as long, as large and with its index where it is asked for."""

from pathlib import Path

import av
import numpy as np

RATE = 24


def film(path: Path, *, seconds: float = 3.0, megabytes: float = 0, index: str = "first") -> Path:
    """An H.264 clip of 1280x720; filled up with a box that players skip, before the index or after.

    `index` says where the `moov` box lies: `first` or `last`.
    """
    options = {"movflags": "+faststart"} if index == "first" else {}
    with av.open(str(path), "w", options=options) as container:
        picture = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 1280, 720, "yuv420p"
        for number in range(round(seconds * RATE)):
            pixels = np.full((720, 1280, 3), (96, 144, 200), np.uint8)
            pixels[:, number * 8 % 1280 : number * 8 % 1280 + 80] = (240, 220, 60)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(picture.encode())
    if megabytes:
        _fill(path, int(megabytes * 1e6), index)
    return path


def _fill(path: Path, size: int, index: str) -> None:
    whole = path.read_bytes()
    empty = max(size - len(whole), 8)
    box = empty.to_bytes(4, "big") + b"free" + bytes(empty - 8)
    # Before a last index the samples must keep their places, so the box goes right before it.
    at = len(whole) if index == "first" else whole.rindex(b"moov") - 4
    path.write_bytes(whole[:at] + box + whole[at:])
