"""A made camera's clip, probed, repaired and compared."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import target_for
from retake.domain.footage import Footage
from retake.domain.vocabulary import Fit
from retake.media.measure import Deadline, FileReader, Survey, survey
from retake.media.probe import probe
from retake.media.repair_words import changes
from retake.media.transcode import remake

from tests.support.film_maker import Camera, Pixels, film

# A model without a smallest side, so that small clips do; all else is as sold.
SMALL = replace(MODELS["fal/kling-o1-edit"], side_minimum=64)
PAL_WIDE, HDV = Fraction(64, 45), Fraction(4, 3)


def stored(data: bytes, room: Path) -> Path:
    path = room / "clip"
    path.write_bytes(data)
    return path


def probed(camera: Camera, room: Path) -> Footage:
    return probe(FileReader(stored(film(camera, room), room)))


def repaired(camera: Camera | bytes, room: Path, fit: Fit = Fit.AUTO) -> tuple[Survey, bytes, str]:
    """What the file holds, what became of it, and what a person is told."""
    path = stored(camera if isinstance(camera, bytes) else film(camera, room), room)
    found = survey(path, Deadline(120))
    target = target_for(
        found.footage, is_steady=found.is_steady, fit=fit, model=SMALL, mode=SMALL.standard
    )
    made = room / "made.mp4"
    remake(path, found, target, made, Deadline(120))
    said = changes(found, probe(FileReader(made)), SMALL.standard.maximum_seconds)
    return found, made.read_bytes(), "; ".join(said)


def differs(shown: Pixels, wanted: Pixels) -> float:
    """How far two pictures are from each other: 0 where they are the same, 1 where nothing is."""
    rows = np.linspace(0, wanted.shape[0] - 1, shown.shape[0]).astype(int)
    columns = np.linspace(0, wanted.shape[1] - 1, shown.shape[1]).astype(int)
    return float(np.mean(np.abs(shown.astype(int) - wanted[rows][:, columns]) > 60))
