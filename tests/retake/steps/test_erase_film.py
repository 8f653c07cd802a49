"""Erasing a film: its pieces go with it, as they were sent and came back, and their records."""

import json

import pytest
from retake.catalog.models import MODELS
from retake.steps.erase import Eraser

from tests.retake.steps.erasure_scene import ForgetfulProvider, Shreds
from tests.retake.steps.film_scene import MODEL, SMALL, FilmScene
from tests.support.numbered_film import film


def test_nothing_is_left_of_a_film_nor_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, SMALL)
    scene = FilmScene()
    edit = scene.drop(film(range(84)), prompt="CANARY make it snow")
    done = scene.play(edit)
    pieces = scene.pieces(edit)
    stack, provider = scene.scene, ForgetfulProvider()
    shreds = Shreds(stack.storage.objects)
    eraser = Eraser(
        stack.records,
        shreds,  # type: ignore[arg-type]  # stands in for the VersionDeleter
        lambda name: provider,  # type: ignore[arg-type, return-value]
        lambda bucket, key: [],
        "results",
    )

    eraser.erase(stack.records.erasure.ask(done))

    assert [key for place, key in stack.storage.objects if place == "results"] == []
    assert sorted(provider.forgotten) == sorted(str(each.provider_task_id) for each in pieces)
    for each in (edit, *pieces):
        assert "CANARY" not in json.dumps(stack.table.items[f"edit#{each.edit_id}"])
