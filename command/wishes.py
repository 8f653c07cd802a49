"""What an edit shall be, as it was typed: one request, before its files have keys."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The fields of a request (docs/using.md). Pictures are files of this machine, or keys."""

    prompt: str
    model: str | None = None
    fit: str | None = None
    images: tuple[str, ...] = ()
    elements: tuple[tuple[str, ...], ...] = ()
    keep_audio: bool | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    consistency: str | None = None
    anchor_image: int | None = None
    overlap_frames: int | None = None
    if_piece_fails: str | None = None
    piece_messages: bool | None = None
    fast: bool = False
    tags: tuple[str, ...] = ()
    reference: str | None = None

    def request(self, key_of: Callable[[str], str] = lambda name: name) -> dict[str, Any]:
        """The fields as the API takes them; `key_of` gives the key of a picture."""
        said: dict[str, Any] = {
            "prompt": self.prompt,
            "model": self.model,
            "fit": self.fit,
            "keep_audio": self.keep_audio,
            "aspect_ratio": self.aspect_ratio,
            "resolution": self.resolution,
            "consistency": self.consistency,
            "anchor_image": self.anchor_image,
            "overlap_frames": self.overlap_frames,
            "if_piece_fails": self.if_piece_fails,
            "piece_messages": self.piece_messages,
            "fast": self.fast or None,
            "images": [key_of(name) for name in self.images] or None,
            "elements": [
                {"frontal": key_of(first), "references": [key_of(each) for each in others]}
                for first, *others in self.elements
            ]
            or None,
        }
        return {name: value for name, value in said.items() if value is not None}

    def own_words(self) -> dict[str, Any]:
        """What only comes back: tags and the caller's own name for it."""
        said = {"tags": list(self.tags) or None, "reference": self.reference}
        return {name: value for name, value in said.items() if value is not None}

    def files(self) -> list[Path]:
        """The pictures that lie on this machine."""
        named = [*self.images, *(name for element in self.elements for name in element)]
        return [Path(name) for name in named if Path(name).is_file()]
