"""A clip given by its address: fetched once into the inbox, under the guard, and then forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from retake.api.callers import Caller
from retake.api.create_edit import Counter, place
from retake.api.forms import EditForm
from retake.catalog.models import MODELS
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import Forbidden, NoAnswer, OutboundError, Refused, TooLarge, Unavailable
from retake.domain.stored import required
from retake.domain.vocabulary import Reason, Status
from retake.outbound.client import Download
from retake.steps.fetch_source import fetch_clip

from virtual.scene import Scene

URL = "https://clips.example/a.mp4?X-Amz-Signature=secret"


@dataclass
class Web:
    """Servers that answer as told, by address."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def download(self, url: str, *, seconds: float, maximum_bytes: int) -> Iterator[Download]:
        self.asked.append(url)
        answer = self.answers[url]
        if isinstance(answer, OutboundError):
            raise answer
        status, headers, body = answer
        yield Download(status, headers, len(body), iter([body]))


def counter_of(scene: Scene) -> Counter:
    return Counter(
        records=scene.records,
        enqueue=lambda body: None,
        check_url=lambda url: None,
        check_receiver=lambda url: None,
        head=scene.storage.head,
        inbox_bucket="inbox",
        inbox_prefix="",
        default_model="novita/kling-o1-edit",
    )


def asked_for(scene: Scene, url: str = URL) -> Edit:
    order = EditForm(prompt="noir", source=url).order()
    return place(order, counter_of(scene), caller=Caller("1"), key=None)[0]


def test_the_clip_lies_in_the_inbox_and_its_address_is_forgotten() -> None:
    scene = Scene()
    edit = asked_for(scene)

    step = scene.validate(edit, downloads=Web({URL: (200, {}, b"clip")}))

    now = scene.now(edit)
    assert step.next == "SUBMIT"
    assert scene.storage.objects["inbox", f"sources/fetched/{edit.edit_id}.mp4"] == b"clip"
    assert now.source is not None
    assert now.source.key == f"sources/fetched/{edit.edit_id}.mp4"
    assert "secret" not in str(scene.table.items)


def test_a_redirect_is_followed_and_asked_about_like_the_first_address() -> None:
    scene = Scene()
    web = Web({URL: (302, {"location": "/b.mp4"}, b"")})
    web.answers["https://clips.example/b.mp4"] = (200, {}, b"clip")

    scene.validate(asked_for(scene), downloads=web)

    assert web.asked == [URL, "https://clips.example/b.mp4"]


def test_redirects_without_end_are_not_followed_for_ever() -> None:
    scene = Scene()
    web = Web({URL: (302, {"location": URL}, b"")})
    edit = asked_for(scene)

    scene.validate(edit, downloads=web)

    assert len(web.asked) == 4
    assert reason(scene, edit) is Reason.SOURCE_UNREACHABLE


def test_a_redirect_that_cannot_be_read_is_refused() -> None:
    scene = Scene()
    edit = asked_for(scene)

    scene.validate(edit, downloads=Web({URL: (302, {"location": "//[::1"}, b"")}))

    assert reason(scene, edit) is Reason.SOURCE_UNREACHABLE


def test_all_redirects_share_the_time_of_one_fetch() -> None:
    scene = Scene()
    left = []

    class SlowWeb(Web):
        @contextmanager
        def download(self, url: str, *, seconds: float, maximum_bytes: int) -> Iterator[Download]:
            left.append(seconds)
            scene.clock.advance(15)
            yield Download(302, {"location": url}, 0, iter([]))

    edit = asked_for(scene)
    with pytest.raises(Refused, match="too often"):
        fetch_clip(
            edit,
            MODELS["novita/kling-o1-edit"],
            records=scene.records,
            storage=scene.storage,
            downloads=cast(Any, SlowWeb()),
            clock=scene.clock.monotonic,
        )

    assert left == [40, 25, 10, -5]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((404, {}, b""), Reason.SOURCE_UNREACHABLE),
        ((403, {}, b""), Reason.SOURCE_UNREACHABLE),
        ((204, {}, b""), Reason.SOURCE_UNREACHABLE),
        ((302, {}, b""), Reason.SOURCE_UNREACHABLE),
        (Forbidden("169.254.169.254 is not public."), Reason.SOURCE_UNREACHABLE),
        (
            TooLarge("The file is 201,000,000 bytes."),
            Reason.FILE_TOO_LARGE,
        ),
        ((200, {}, b""), Reason.EMPTY),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_nothing_sent_and_no_address_told(
    answer: Any, expected: Reason
) -> None:
    scene = Scene()
    edit = asked_for(scene)

    step = scene.validate(edit, downloads=Web({URL: answer}))
    conclusion = scene.now(edit).conclusion
    assert conclusion is not None
    closed = scene.records.close(scene.now(edit), conclusion)

    assert step.next == "PERSIST"
    assert reason(scene, edit) is expected
    assert "secret" not in str(conclusion)
    assert closed.source_url is None
    assert "secret" not in str(scene.table.items)


@pytest.mark.parametrize("answer", [(503, {}, b""), (429, {}, b""), NoAnswer("It gave no answer.")])
def test_a_server_that_cannot_answer_now_is_asked_again_for_ten_minutes(answer: Any) -> None:
    scene = Scene()
    edit = asked_for(scene)
    web = Web({URL: answer})

    with pytest.raises(Unavailable) as error:
        scene.validate(edit, downloads=web)
    scene.clock.advance(601)
    scene.validate(edit, downloads=web)

    assert "secret" not in str(error.value)
    assert reason(scene, edit) is Reason.SOURCE_UNREACHABLE


def test_a_fetch_that_died_before_it_was_written_down_is_made_again() -> None:
    scene = Scene()
    edit = asked_for(scene)
    web = Web({URL: (200, {}, b"clip")})

    def crash(_: Any) -> Any:
        raise MemoryError

    with pytest.raises(MemoryError):
        scene.validate(edit, downloads=web, look=crash)
    step = scene.validate(edit, downloads=web)

    assert (step.next, len(web.asked)) == ("SUBMIT", 2)


def batch_of(scene: Scene, count: int) -> list[Edit]:
    counter = replace(counter_of(scene), enqueue=scene.queued.append)
    order = EditForm(prompts=[f"noir {n}" for n in range(count)], source=URL).order()
    first, _ = place(order, counter, caller=Caller("1"), key=None)
    ids = scene.records.batches.get(required(first.batch_id)).edit_ids
    return [scene.records.get(each) for each in ids]


def test_the_clip_of_a_batch_is_fetched_once_for_all() -> None:
    scene = Scene()
    web = Web({URL: (200, {}, b"clip")})
    edits = batch_of(scene, 20)

    assert len(scene.queued) == 1
    steps = [scene.validate(each, downloads=web) for each in edits]

    assert web.asked == [URL]
    assert {step.next for step in steps} == {"SUBMIT"}
    assert len({scene.now(each).source for each in edits}) == 1
    assert len(set(scene.queued)) == 20


def test_an_edit_that_comes_before_the_clip_waits_for_the_one_that_fetches_it() -> None:
    scene = Scene()
    web = Web({URL: (200, {}, b"clip")})
    _, second = batch_of(scene, 2)

    with pytest.raises(Unavailable, match="another edit of the batch"):
        scene.validate(second, downloads=web)

    assert web.asked == []


def test_what_one_edit_of_a_batch_was_told_of_the_address_holds_for_all() -> None:
    scene = Scene()
    web = Web({URL: (404, {}, b"")})
    edits = batch_of(scene, 20)

    for each in edits:
        scene.validate(each, downloads=web)

    assert web.asked == [URL]
    assert {reason(scene, each) for each in edits} == {Reason.SOURCE_UNREACHABLE}
    assert len(set(scene.queued)) == 20


def test_when_the_first_edit_of_a_batch_is_cancelled_the_next_fetches_the_clip() -> None:
    scene = Scene()
    web = Web({URL: (200, {}, b"clip")})
    first, second, third = batch_of(scene, 3)
    scene.records.close(first, Conclusion(status=Status.CANCELLED, message="Not wanted."))

    for each in (second, third):
        scene.validate(each, downloads=web)

    assert web.asked == [URL]


def reason(scene: Scene, edit: Edit) -> Reason | None:
    conclusion = scene.now(edit).conclusion
    return conclusion.reason if conclusion else None
