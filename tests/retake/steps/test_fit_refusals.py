"""What `fit` does not repair, and where its repairs end."""

from typing import Any

import pytest
from retake.domain.source import fitted_key
from retake.domain.vocabulary import Reason, Status
from retake.steps.outcome import Next

from tests.retake.steps.repair_cases import Footing, planned, square
from virtual.clips import recording
from virtual.scene import Scene


@pytest.mark.parametrize(
    ("data", "fit", "reason"),
    [
        (square(10.2), None, Reason.TOO_LONG),
        (square(10.2), "scale", Reason.TOO_LONG),
        (square(width=640, height=360), "trim", Reason.FRAME_TOO_SMALL),
        (square(10.2, width=640, height=360), "trim", Reason.TOO_LONG),  # and too small
        (square(fps=120), "scale", Reason.FRAME_RATE),
        (square(codec="libsvtav1"), "trim", Reason.FORMAT),
        (square(container="matroska"), "scale", Reason.FORMAT),
        (square(container="matroska"), None, Reason.FORMAT),
    ],
)
def test_a_repair_that_would_not_do_is_not_begun_and_the_refusal_says_what_would(
    data: Footing, fit: str | None, reason: Reason
) -> None:
    scene = Scene()

    conclusion = planned(scene, data(), fit).conclusion

    assert conclusion is not None
    assert (conclusion.status, conclusion.reason) == (Status.REJECTED, reason)
    assert "`fit: auto`" in conclusion.message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (square(2.0), Reason.TOO_SHORT),
        (square(height=120), Reason.FRAME_TOO_SMALL),  # no scale brings 6:1 to 720 and 2160
        (square(width=160, height=90), Reason.FRAME_TOO_SMALL),  # eight times is invention
        (lambda: recording(4.0), Reason.NO_VIDEO_TRACK),
        (lambda: square(10.2, index="first")()[:-2000], Reason.TRUNCATED),
        (lambda: b"#EXTM3U\nhttps://inside.example/secret.ts\n", Reason.NOT_A_VIDEO),
        (lambda: b"Please edit my video.", Reason.NOT_A_VIDEO),
        (lambda: b"", Reason.EMPTY),
    ],
)
def test_what_no_repair_can_mend_is_refused_as_ever(data: Footing, reason: Reason) -> None:
    scene = Scene()

    edit = planned(scene, data(), "auto")

    assert edit.conclusion is not None
    assert (edit.conclusion.reason, edit.fit_planned_at) == (reason, None)
    assert "`fit:" not in edit.conclusion.message


@pytest.mark.parametrize("seconds", [3.0, 10.0])
@pytest.mark.parametrize("fit", ["trim", "scale", "auto"])
def test_a_clip_within_the_limits_is_left_as_it_is_whatever_was_allowed(
    fit: str, seconds: float
) -> None:
    scene = Scene()

    edit = planned(scene, square(seconds, rotation=90, variable=True, fps=48)(), fit)

    assert edit.validated_at is not None
    assert (edit.fit_planned_at, edit.fitted, edit.repair) == (None, None, {})


def test_a_webm_that_is_too_short_is_told_so_once_it_could_be_measured() -> None:
    scene = Scene()
    edit = planned(scene, square(2.0, container="matroska")(), "auto")

    step = scene.fit(edit)

    conclusion = scene.now(edit).conclusion
    assert step.next is Next.PERSIST
    assert conclusion is not None
    assert conclusion.reason is Reason.TOO_SHORT


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: square(container="matroska")()[:300] + bytes(4000), "libav cannot read it"),
        (lambda: recording(4.0, "matroska"), "no moving pictures"),
        (square(container="avi", codec="asv1"), "coded as asv1"),
        (
            square(container="matroska", codec="libvpx", width=4100, height=4100, fps=1),
            "larger than can be decoded",
        ),
    ],
)
def test_a_file_that_cannot_be_repaired_ends_the_edit_with_the_reason(
    data: Footing, said: str
) -> None:
    scene = Scene()
    edit = planned(scene, data(), "auto")

    step = scene.fit(edit)

    conclusion = scene.now(edit).conclusion
    assert step.next is Next.PERSIST
    assert conclusion is not None
    assert (conclusion.status, conclusion.reason) == (Status.REJECTED, Reason.NOT_REPAIRABLE)
    assert said in conclusion.message
    assert not scene.storage.objects.get(("results", fitted_key(edit.edit_id)))


@pytest.mark.parametrize(
    ("limit", "said"),
    [({"seconds": 0.0}, "longer than 0 s"), ({"most_bytes": 1000}, "more than the 0 MB")],
)
def test_a_repair_has_bounds_in_time_and_in_bytes(limit: dict[str, Any], said: str) -> None:
    scene = Scene()
    edit = planned(scene, square(10.2)(), "trim")

    scene.fit(edit, **limit)

    conclusion = scene.now(edit).conclusion
    assert conclusion is not None
    assert conclusion.reason is Reason.NOT_REPAIRABLE
    assert said in conclusion.message
