"""The rate that pictures really have: bursts, pauses and coarse clocks do not change it."""

from collections.abc import Mapping

# The shortest tenth of the gaps says what the rate is, and all that come near it how much exactly:
# so a burst counts although stills follow it, and two pictures that fell together do not.
_SHORTEST = 0.1
_NEAR = 0.25
_MOVES = 8
# Pictures less than a millisecond apart fell together: recorders stamp them by a clock they share.
_TOGETHER_SECONDS = 0.001


def usual_gap(gaps: Mapping[int, int], ticks_per_second: float) -> float:
    """How long a picture usually stays, in ticks; `gaps` counts how often each length comes.

    0 where there is none.
    """
    least = ticks_per_second * _TOGETHER_SECONDS
    lengths = sorted([gap for gap in gaps if gap > least] or [gap for gap in gaps if gap > 0])
    total, seen, base = sum(gaps[gap] for gap in lengths), 0, 0
    for base in lengths:
        seen += gaps[base]
        if seen > total * _SHORTEST:
            break
    usual = float(base)
    # Around the middle of what is near it, until that moves no more: the shortest of an unsteady
    # clock are far below what they vary around.
    for _ in range(_MOVES):
        near = [gap for gap in lengths if abs(gap - usual) <= usual * _NEAR]
        count = sum(gaps[gap] for gap in near)
        before, usual = usual, sum(gap * gaps[gap] for gap in near) / count if count else 0.0
        if usual == before:
            break
    return usual
