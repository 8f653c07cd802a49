"""What the simulated providers do to a clip: a fast, visible edit that follows the prompt."""

from local.darkroom.development import develop
from local.darkroom.scene import imagine

__all__ = ["develop", "imagine"]
