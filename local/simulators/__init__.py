"""The four providers on this machine: real HTTP, real frames, no bill.

`with Simulators(seconds=0.3) as sims:` starts them; `sims.base_urls` says where each one is.
"""

from local.simulators.server import Simulators

__all__ = ["Simulators"]
