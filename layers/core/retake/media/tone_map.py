"""HDR and wide colours brought to those of every screen, by a table that libavfilter looks up in.

ITU-R BT.2100 (PQ and HLG, on a screen of 1,000 nits), BT.2390 (the knee), BT.2087 (primaries),
BT.1886 (the screen). libswscale maps tones too, in a third of a second for 1280x720; the table
takes a fiftieth of that.
"""

from itertools import product
from pathlib import Path

from retake.media.colour import BT709, BT2020, RGB, UNSAID, Colours

PQ, HLG = 16, 18
PEAK_NITS, WHITE_NITS = 1000.0, 203.0  # BT.2408: diffuse white of HDR
_POINTS = 33  # on each side, as camera makers' own tables have
_SCREEN_GAMMA = 2.4
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_LUMA = (0.2627, 0.6780, 0.0593)
_TO_BT709 = (
    (1.6605, -0.5876, -0.0728),
    (-0.1246, 1.1329, -0.0083),
    (-0.0182, -0.1006, 1.1187),
)
Light = tuple[float, float, float]


def write_table(transfer: int, path: Path) -> None:
    """Write a table from RGB of BT.2020 to that of BT.709, as `.cube` (Adobe's LUT format 1.0)."""
    steps = [at / (_POINTS - 1) for at in range(_POINTS)]
    # Red changes fastest, as the format wants it.
    rows = (shown_in_sdr((r, g, b), transfer) for b, g, r in product(steps, steps, steps))
    lines = ["{:.6f} {:.6f} {:.6f}".format(*row) for row in rows]
    path.write_text("\n".join((f"LUT_3D_SIZE {_POINTS}", *lines, "")), encoding="ascii")


def steps_through(table: Path, colours: Colours, width: int, height: int) -> list[tuple[str, str]]:
    """The filters that scale a picture, look its colours up, and code them as every player does."""
    matrix = BT2020 if colours.matrix in (RGB, UNSAID) else colours.matrix
    return [
        ("scale", f"w={width}:h={height}:in_color_matrix={matrix}:flags=bicubic"),
        ("format", "pix_fmts=gbrp10le"),
        ("lut3d", f"file={table}:interp=tetrahedral"),
        ("scale", f"out_color_matrix={BT709}:out_range=tv:flags=bicubic"),
    ]


def shown_in_sdr(signal: Light, transfer: int) -> Light:
    """What a screen without HDR is given for this signal, each from 0 to 1."""
    nits = light_of(signal, transfer)
    loudest = max(nits)
    scale = _kneed(loudest) / loudest if loudest > 0 and transfer in (PQ, HLG) else 1.0
    red, green, blue = (each * scale / WHITE_NITS for each in nits)
    mapped = (r * red + g * green + b * blue for r, g, b in _TO_BT709)
    first, second, third = (min(1.0, max(0.0, each)) ** (1 / _SCREEN_GAMMA) for each in mapped)
    return first, second, third


def light_of(signal: Light, transfer: int) -> Light:
    """The light in nits that a screen gives for this signal."""
    if transfer == PQ:
        red, green, blue = (_pq_to_nits(each) for each in signal)
        return red, green, blue
    if transfer == HLG:
        scene = [_hlg_to_scene(each) for each in signal]
        luminance = sum(weight * each for weight, each in zip(_LUMA, scene, strict=True))
        gain = PEAK_NITS * luminance**0.2 if luminance > 0 else 0.0
        return scene[0] * gain, scene[1] * gain, scene[2] * gain
    red, green, blue = (WHITE_NITS * each**_SCREEN_GAMMA for each in signal)
    return red, green, blue


def _pq_to_nits(signal: float) -> float:
    power = signal ** (1 / _M2)
    return float(10000 * (max(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1))


def _nits_to_pq(nits: float) -> float:
    power = (max(nits, 0) / 10000) ** _M1
    return float(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)


def _hlg_to_scene(signal: float) -> float:
    if signal <= 0.5:
        return signal * signal / 3
    return float((2.718281828459045 ** ((signal - _C) / _A) + _B) / 12)


def _kneed(nits: float) -> float:
    """Light of up to PEAK_NITS within WHITE_NITS: dark as it is, bright drawn together."""
    peak = _nits_to_pq(PEAK_NITS)
    at, most = min(1.0, _nits_to_pq(nits) / peak), _nits_to_pq(WHITE_NITS) / peak
    knee = 1.5 * most - 0.5
    if at <= knee:
        return nits
    t = (at - knee) / (1 - knee)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee)
    return _pq_to_nits((bent + (-2 * t**3 + 3 * t**2) * most) * peak)
