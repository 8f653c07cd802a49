"""The end of a function's start: everything made that the first call needs.

Lambda gives a starting function a whole processor, and a call only its share, which is a seventh
at 256 MB: what is made before the first call is made seven times as fast.
"""

import gc
from collections.abc import Callable
from contextlib import suppress


def ready(*makers: Callable[[], object]) -> None:
    """Call each maker of a collaborator, and let go of the garbage collector's pause.

    The last statement of every function's module. A maker that fails is left for the first call,
    which names what is missing. Where nothing was paused, outside Lambda, nothing is made.
    """
    if gc.isenabled():
        return
    for make in makers:
        with suppress(Exception):
            make()
    gc.freeze()  # what is there now stays for ever: no later pass need look at it
    gc.enable()
