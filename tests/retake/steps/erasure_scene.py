"""An office in which edits end, are told of, and are erased."""

import json
from collections.abc import Callable
from typing import Any

from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import Unavailable
from retake.domain.source import Source
from retake.domain.vocabulary import Status
from retake.providers.contract import DeletionOutcome, Task
from retake.steps.erase import Eraser

from virtual.fake_provider import FakeProvider
from virtual.scene import Scene, result_at

PROMPT = "CANARY make the mayor of Ghent wear a hat"
NAME = "holiday with grandma"
DONE = Conclusion(status=Status.SUCCEEDED, message="ready")


class ForgetfulProvider(FakeProvider):
    """One that can be asked to forget, or not."""

    keeps = "It keeps everything for 30 days."

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[str] = []
        self.forgetting: DeletionOutcome | Exception = DeletionOutcome.FORGOTTEN

    def forget(self, task: Task) -> DeletionOutcome:
        self.forgotten.append(task.task_id)
        if isinstance(self.forgetting, Exception):
            raise self.forgetting
        return self.forgetting


class Shreds:
    """A shredder over the scene's buckets, which may be jammed for some keys."""

    def __init__(self, objects: dict[tuple[str, str], bytes]) -> None:
        self.objects = objects
        self.versions: list[Source] = []
        self.jams: Callable[[str], bool] = lambda key: False

    def one(self, source: Source) -> None:
        self._jam(source.key)
        self.versions.append(source)
        self.objects.pop((source.bucket, source.key), None)

    def all(self, bucket: str, prefix: str, *, is_whole_key: bool = False) -> None:
        self._jam(prefix)
        for place, key in list(self.objects):
            is_meant = key == prefix if is_whole_key else key.startswith(prefix)
            if place == bucket and is_meant:
                del self.objects[place, key]

    def _jam(self, key: str) -> None:
        if self.jams(key):
            raise Unavailable("S3 does not do it (delete_object: SlowDown).")


class Office(Scene):
    """A scene in which edits end, are told of, and are erased."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.provider = ForgetfulProvider()
        self.shreds = Shreds(self.storage.objects)
        self.eraser = Eraser(
            self.records,
            self.shreds,  # type: ignore[arg-type]  # stands in for the VersionDeleter
            lambda name: self.provider,
            self.versions,
            "results",
        )

    def versions(self, bucket: str, key: str) -> list[Source]:
        """What the inbox holds of an object."""
        found = [each.source for each in self.storage.listed(bucket, key)]
        return [each for each in found if each.key == key]

    def ended(self, **metadata: str) -> Edit:
        """An edit with a result, announced."""
        edit = self.running(f"{NAME}.mp4", prompt=PROMPT, model="fal/kling-o1-edit", **metadata)
        stem = f"edited/{NAME}.{edit.edit_id}"
        result = result_at(stem)
        for ending in ("mp4", "json", "jpg", "html"):
            self.storage.objects["results", f"{stem}.{ending}"] = b"x"
        self.storage.objects["results", f"edited/{NAME}.e-00000000000000000000.mp4"] = b"other"
        return self.closed(edit, DONE, result)

    def closed(self, edit: Edit, conclusion: Conclusion, result: Result | None = None) -> Edit:
        self.records.close(self.now(edit), conclusion, result=result)
        self.records.mark_notified(edit.edit_id)
        return self.now(edit)

    def erasing(self, edit: Edit) -> Edit:
        """An edit whose erasure was asked for."""
        self.records.erasure.ask(self.now(edit))
        return self.now(edit)

    def erase(self, edit: Edit) -> Edit:
        return self.eraser.erase(self.erasing(edit))

    def item(self, edit: Edit) -> str:
        return json.dumps(self.table.items[f"edit#{edit.edit_id}"])


def about(edit: Edit, what: str) -> Any:
    return next(each for each in edit.erasure if each["what"] == what)
