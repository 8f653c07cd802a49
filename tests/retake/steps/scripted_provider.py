"""Scenes whose provider answers as it was told to, and how their edits end."""

from typing import Any

from retake.domain.edit import Edit
from retake.domain.errors import Unavailable
from retake.providers.contract import Report, Submission, Task, Verdict
from retake.steps.persist import persist
from retake.steps.save_result import ResultSaver

from virtual.fake_provider import FakeDownloads
from virtual.scene import Scene

ACCEPTED = Submission(verdict=Verdict.ACCEPTED, task=Task(task_id="task-1"))
RUNNING = Report(verdict=Verdict.RUNNING, provider_status="PROCESSING")


def scene_answering(*submissions: Submission) -> Scene:
    scene = Scene()
    scene.provider.submissions = list(submissions)
    return scene


def scene_reporting(*reports: Report) -> Scene:
    scene = Scene()
    scene.provider.reports = list(reports)
    return scene


def conclusion_of(scene: Scene, edit: Any) -> Any:
    return scene.now(edit).conclusion


def patiently_out(scene: Scene, edit: Edit, *given: Any, **options: Any) -> Any:
    """What Persist answers in the end, begun again by the workflow as long as it must be."""
    for _ in range(8):
        try:
            return out(scene, edit, *given, **options)
        except Unavailable:
            scene.clock.advance(300)
    raise AssertionError("Persist never ends.")


def out(scene: Scene, edit: Edit, downloads: FakeDownloads | None = None, **options: Any) -> Any:
    """What Persist answers about an edit, and leaves in the scene."""
    keeper = ResultSaver(
        storage=scene.storage,
        bucket="results",
        provider=scene.provider_with,
        downloads=downloads or FakeDownloads(),  # type: ignore[arg-type]  # only its download
        look=options.pop("look", lambda reader: scene.clip),
    )
    options.setdefault("publish", scene.published.append)
    return persist(scene.now(edit), records=scene.records, keeper=keeper, **options)
