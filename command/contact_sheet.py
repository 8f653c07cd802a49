"""Before and after on one page: the same moments of two clips, the prompt above, facts below."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFont

WIDEST = 1800
MARGIN, GAP, RAIL = 40, 12, 92
"""Pixels around the sheet, between frames, and for the words BEFORE and AFTER beside the rows."""
TITLE, FACT, LABEL, TIME = 34, 19, 17, 15
"""Heights of the letters."""
STEP = TIME + 24
"""Room for the timestamp under a row of frames."""
TITLE_LINES = 3
BROADEST, TALLEST = 460, 520
"""How large a frame may stand on the sheet."""

WIDER_FONTS = ("NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "msyh.ttc", "DejaVuSans.ttf")
"""Tried where the bundled font, which is Latin only, lacks letters of a prompt."""
NO_LETTER = "\U0010fffe"

BACKGROUND, INK, QUIET, RULE = (22, 23, 26), (240, 238, 233), (150, 152, 158), (52, 54, 60)
AFTER = (232, 176, 92)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Moment:
    """A frame, upright, and its time in seconds."""

    seconds: float
    picture: Image.Image


def make_sheet(
    before: Path,
    after: Path,
    destination: Path,
    *,
    title: str,
    facts: Sequence[str],
    columns: int = 5,
) -> Path:
    """Write a PNG at most 1800 pixels wide and return where it lies.

    The moments are spread over what both clips last. Raises ValueError when a clip cannot be
    decoded or `columns` is below one.
    """
    if columns < 1:
        raise ValueError("A sheet needs at least one column.")
    lasting = min(_seconds(before), _seconds(after))
    # The middles of equal parts: the very first and last frames tell least.
    times = [lasting * (index + 0.5) / columns for index in range(columns)]
    rows = [("BEFORE", QUIET, _moments(before, times)), ("AFTER", AFTER, _moments(after, times))]
    across = _cell_width([moment.picture.size for _, _, row in rows for moment in row], columns)
    width = 2 * MARGIN + RAIL + columns * across + (columns - 1) * GAP
    room = width - 2 * MARGIN
    letters = _font_for(title, TITLE)
    lines = wrapped(title, letters, room, TITLE_LINES)
    notes = _fact_lines(facts, room)
    head = MARGIN + len(lines) * round(TITLE * 1.3) + 18
    heights = [_cell_height(row, across) for _, _, row in rows]
    foot = head + sum(heights) + len(rows) * STEP
    height = foot + len(notes) * round(FACT * 1.5) + 12 + MARGIN
    sheet = Image.new("RGB", (width, height), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for index, line in enumerate(lines):
        pen.text((MARGIN, MARGIN - 6 + index * round(TITLE * 1.3)), line, INK, letters)
    top = head
    for (label, tone, row), tall in zip(rows, heights, strict=True):
        pen.text((MARGIN, top + 2), label, tone, _font(LABEL))
        pen.rectangle((MARGIN, top + 28, MARGIN + 26, top + 30), tone)
        for column, moment in enumerate(row):
            left = MARGIN + RAIL + column * (across + GAP)
            _place(sheet, moment.picture, (left, top), (across, tall))
            stamp = f"{moment.seconds:.2f} s"
            pen.text((left, top + tall + 6), stamp, QUIET, _font(TIME))
        top += tall + STEP
    pen.line((MARGIN, foot, width - MARGIN, foot), RULE)
    for index, line in enumerate(notes):
        pen.text((MARGIN, foot + 14 + index * round(FACT * 1.5)), line, QUIET, _font(FACT))
    destination.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(destination, format="PNG")
    return destination


def wrapped(text: str, font: Font, room: int, most: int) -> list[str]:
    """The text in at most so many lines that fit the room; an ellipsis stands for the rest."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= room:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        # A word wider than the room, or a script without spaces, breaks anywhere.
        for letter in word:
            if font.getlength(lines[-1] + letter) > room:
                lines.append("")
            lines[-1] += letter
    if len(lines) > most:
        lines = lines[:most]
        while lines[-1] and font.getlength(lines[-1] + "…") > room:
            lines[-1] = lines[-1][:-1]
        lines[-1] = lines[-1].rstrip() + "…"
    return lines


def _fact_lines(facts: Sequence[str], room: int) -> list[str]:
    """The facts in a row with dots between, in as many lines as they need."""
    font = _font(FACT)
    lines: list[str] = []
    for fact in facts:
        short = wrapped(fact, font, room, 1)[0]
        longer = f"{lines[-1]}   ·   {short}" if lines else short
        if lines and font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(short)
    return lines


def _cell_width(sizes: Sequence[tuple[int, int]], columns: int) -> int:
    """How wide a frame may be, so that neither the sheet nor the tallest frame gets too large."""
    space = (WIDEST - 2 * MARGIN - RAIL - (columns - 1) * GAP) // columns
    ratio = max(width / height for width, height in sizes)
    return max(min(space, round(TALLEST * ratio), BROADEST), 16)


def _cell_height(row: Sequence[Moment], width: int) -> int:
    return max(
        min(round(width * moment.picture.height / moment.picture.width), TALLEST) for moment in row
    )


def _place(
    sheet: Image.Image, picture: Image.Image, corner: tuple[int, int], cell: tuple[int, int]
) -> None:
    scale = min(cell[0] / picture.width, cell[1] / picture.height)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    mask = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 24, 255)
    sheet.paste(small, corner, mask.reduce(4))


def _seconds(clip: Path) -> float:
    try:
        with av.open(str(clip)) as film:
            track = _track(film.streams.video, clip)
            if track.duration and track.time_base:
                return float(track.duration * track.time_base)
            return (film.duration or 0) / av.time_base
    except (FFmpegError, OSError) as error:
        raise ValueError(f"{clip.name} is not a decodable video ({error.strerror}).") from error


def _moments(clip: Path, times: Sequence[float]) -> list[Moment]:
    """The frame on show at each of the rising times, the last one where the clip ends early."""
    found: list[Moment] = []
    try:
        with av.open(str(clip)) as film:
            track = _track(film.streams.video, clip)
            track.thread_type = "AUTO"
            last = None
            for frame in film.decode(track):
                begins = float(frame.time or 0)
                while last is not None and len(found) < len(times) and begins > times[len(found)]:
                    found.append(Moment(times[len(found)], _upright(last)))
                last = frame
                if len(found) == len(times):
                    break
    except (FFmpegError, OSError) as error:
        raise ValueError(f"{clip.name} is not a decodable video ({error.strerror}).") from error
    if last is None:
        raise ValueError(f"{clip.name} holds no decodable frame.")
    return found + [Moment(time, _upright(last)) for time in times[len(found) :]]


def _upright(frame: av.VideoFrame) -> Image.Image:
    pixels = frame.to_ndarray(format="rgb24")
    return Image.fromarray(np.rot90(pixels, round(frame.rotation / 90)))


def _track(tracks: Sequence[VideoStream], clip: Path) -> VideoStream:
    if not tracks:
        raise ValueError(f"{clip.name} has no video track.")
    return tracks[0]


def _font(height: int) -> Font:
    return ImageFont.load_default(height)


def _font_for(text: str, height: int) -> Font:
    """The bundled font, or one of the machine's that knows more of the text's letters."""
    fonts = [_font(height)]
    for name in WIDER_FONTS:
        with suppress(OSError):
            fonts.append(ImageFont.truetype(name, height))
    return min(fonts, key=lambda font: _unknown(text, font))


def _unknown(text: str, font: Font) -> int:
    """How many letters of the text the font would show as its box for unknown ones."""
    box = bytes(font.getmask(NO_LETTER))
    return sum(bytes(font.getmask(letter)) == box for letter in set(text) if not letter.isspace())
