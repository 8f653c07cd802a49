"""What the simulated providers do to a clip: a fast, visible edit that follows the prompt."""

from local.darkroom.development import develop

__all__ = ["develop"]
