"""Scenes whose provider answers as it was told to, and how their edits end."""

from typing import Any

from retake.providers.base import Report, Submission, Task, Verdict

from tests.scene import Scene

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
