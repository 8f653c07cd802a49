"""What a person is told of a clip that goes as it is, and would not with `fit: auto`."""

from collections.abc import Mapping

from retake.catalog.repair_plan import PICTURE_CODECS
from retake.domain.footage import Footage, Oddity

REMARKS: Mapping[str, str] = {
    Oddity.ANAMORPHIC: "its pictures are stored as {coded} and shown as {shown}, so a provider may "
    "return them squeezed",
    Oddity.INTERLACED: "it is stored interlaced, so moving edges may come back combed",
    Oddity.HDR: "it is HDR, so its colours may come back pale",
    Oddity.UNUSUAL_PIXELS: "its pictures have a form (4:4:4, 4:2:2 or 10 bit) that many players "
    "cannot show",
    Oddity.UNUSUAL_TAG: "its codec is tagged in a way (hev1) that Apple's players refuse",
    Oddity.SEVERAL_SOUNDS: "it has several sound tracks, of which a provider may take another one",
}


def remarks_on(clip: Footage) -> list[str]:
    """What is odd about a clip that goes to a provider as it is, each with what would help."""
    facts = {
        "coded": "{}x{}".format(*clip.coded_sides),
        "shown": f"{clip.width}x{clip.height}",
    }
    would = " With `fit: auto` that is put right first." if clip.codec in PICTURE_CODECS else ""
    return [
        f"The clip goes as it is, but {REMARKS[oddity].format_map(facts)}.{would}"
        for oddity in clip.oddities
        if oddity in REMARKS
    ]
