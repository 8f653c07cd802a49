"""What the simulated providers do to a clip: a fast, visible edit that follows the prompt."""

from local.fake_model.development import develop
from local.fake_model.film import Stopped
from local.fake_model.scene import imagine

__all__ = ["Stopped", "develop", "imagine"]
