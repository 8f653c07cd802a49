"""Footage for whoever has none at hand: a lively street by day, with sound."""

from local.sample.clip import make_clip

__all__ = ["make_clip"]
