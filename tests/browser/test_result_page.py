"""What is done with a result on its page, by its owner and by whoever was sent the link."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from retake.media.poster import poster_of
from retake.records.batches import variation_id
from selenium.webdriver.support.select import Select

from local.emulator.topic_inbox import body
from tests.browser.both_clips import playing
from tests.browser.conftest import House
from tests.browser.screen import DESKTOP, PHONE, Screen
from tests.support.video_files import Stored
from virtual.clips import clip as made_clip

PROMPTS = ["Turn the day into dusk", "Make it snow", "Paint it in watercolours"]
VIEWS = [(width, scheme) for width in (DESKTOP, PHONE) for scheme in ("light", "dark")]
_DECODED = """
return [...document.querySelectorAll(arguments[0])].every((it) => it.naturalWidth > 0)
"""


@dataclass(frozen=True)
class Gallery:
    """Links to the pages of edits, by what is to be seen there."""

    own: str
    shared: str
    pictured: str
    refused: str
    refused_shared: str
    waiting: str
    question: str

    def __getitem__(self, name: str) -> str:
        return str(getattr(self, name))


@pytest.fixture(scope="module")
def gallery(house: House, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    stack, mint = house.stack, house.mint
    folder = tmp_path_factory.mktemp("gallery")
    mailbox = stack.subscribe()
    first = stack.drop(clip, "batch.mp4", prompts=json.dumps(PROMPTS))
    letter = folder / "letter.mp4"
    letter.write_text("Dear Sir or Madam")
    refused = stack.drop(letter, "letter.mp4", prompt=PROMPTS[0])
    waiting = stack.drop(clip, "dear.mp4", prompt=PROMPTS[0], approve="true")
    picture, asked = folder / "a.jpg", folder / "a.request.json"
    picture.write_bytes(poster_of(Stored(made_clip(3, 640, 480))))
    stack.upload(picture, "images/a.jpg")
    asked.write_text(
        json.dumps(
            {
                "prompt": "A street like in @Image1",
                "model": "novita/kling-o1-reference",
                "images": ["images/a.jpg"],
                "duration_seconds": 3,
            }
        )
    )
    pictured = stack.drop(asked, "made.request.json")
    for index in range(len(PROMPTS)):
        record = stack.wait_for(variation_id(first, index), patience=180)
        assert record["status"] == "SUCCEEDED", record
    record = stack.wait_for(pictured, patience=120)
    assert record["status"] == "SUCCEEDED", record
    stack.wait_for(refused)
    (question,) = mailbox.messages(waiting, wait_seconds=30)
    return Gallery(
        own=mint.own(first),
        shared=mint.share(first),
        pictured=mint.own(pictured),
        refused=mint.own(refused),
        refused_shared=mint.share(refused),
        waiting=mint.own(waiting),
        question=body(question)["approval_url"],
    )


def test_its_owner_sees_what_it_cost_and_goes_through_its_batch(
    screen: Screen, gallery: Gallery
) -> None:
    screen.open(gallery.own)
    assert "novita/kling-o1-edit" in screen.text(".facts")
    assert "$" in screen.text(".facts")
    assert screen.text(".place") == "Variation 1 of 3"
    assert screen.all("a[rel=prev]") == []

    seen = [screen.text("h1")]
    for _ in range(2):
        screen.find("a[rel=next]").click()
        screen.until(lambda: screen.text("h1") not in seen, "the next one opens")
        seen.append(screen.text("h1"))
    screen.find("a[rel=prev]").click()

    assert seen == PROMPTS
    screen.until(lambda: screen.text(".place") == "Variation 2 of 3", "and back again")
    assert len(screen.all(".variations li")) == 3
    screen.until(lambda: screen.run(_DECODED, ".variations img"), "each shows a frame")


def test_two_variations_are_seen_side_by_side(screen: Screen, gallery: Gallery) -> None:
    screen.open(gallery.own)
    playing(screen)
    before = screen.run("return document.getElementById('before').currentSrc")

    against = Select(screen.find("#against"))
    against.select_by_visible_text("Variation 2")

    screen.until(
        lambda: screen.run("return document.getElementById('before').currentSrc") != before,
        "another clip is on the left",
    )
    playing(screen)
    assert screen.text(".side.before .tag") == "VARIATION 2"
    against.select_by_visible_text("The clip before")
    assert screen.text(".side.before .tag") == "BEFORE"


def test_a_result_is_saved_under_its_own_name_and_its_link_is_one_to_pass_on(
    screen: Screen, gallery: Gallery, tmp_path: Path
) -> None:
    screen.open(gallery.own)
    screen.may(downloadPath=str(tmp_path))

    screen.find("#copy").click()
    screen.until(lambda: screen.text("#copied") == "Copied.", "the link is copied")
    screen.find(".acts a.first").click()

    screen.until(lambda: [*tmp_path.glob("batch.*.mp4")], "the video is saved")
    link = screen.run("return navigator.clipboard.readText()")
    screen.open(link)
    assert "~own" in gallery.own
    assert "~own" not in link
    assert "$" not in screen.text("body")
    assert screen.all(".variations, #against, a[rel=next]") == []


def test_whoever_was_sent_the_link_reads_no_price_and_no_model(
    screen: Screen, gallery: Gallery
) -> None:
    screen.open(gallery.shared)
    shared = screen.text("body")
    screen.open(gallery.refused_shared)

    for text in (shared, screen.text("body")):
        assert "$" not in text
        assert "novita" not in text
        assert "kling" not in text.lower()


def test_a_reference_video_shows_its_pictures(screen: Screen, gallery: Gallery) -> None:
    screen.open(gallery.pictured)

    assert len(screen.all(".pictures img")) == 1
    screen.until(lambda: screen.run(_DECODED, ".pictures img"), "the picture is there")


def test_a_simulated_result_says_so(screen: Screen, gallery: Gallery) -> None:
    screen.open(gallery.own)

    assert "This video is simulated" in screen.text("footer")
    assert "by a generative model" not in screen.text("body")


def test_a_browser_without_scripts_plays_both_clips(screen: Screen, gallery: Gallery) -> None:
    with screen.without_scripts():
        screen.open(gallery.own)

        assert [each.get_attribute("aria-label") for each in screen.all(".plain video")] == [
            "Before",
            "After",
        ]
        assert not screen.find("#stage").is_displayed()
        screen.shoot("result-without-scripts")


def test_a_printed_page_has_a_frame_and_the_facts_and_nothing_to_press(
    screen: Screen, gallery: Gallery
) -> None:
    screen.open(gallery.own)
    with screen.printed():
        assert screen.find(".side.after img").is_displayed()
        assert screen.find(".facts").is_displayed()
        pressed = ".transport, .acts, .keys, .divider"
        assert not any(each.is_displayed() for each in screen.all(pressed))
        screen.shoot("result-printed")


def test_a_waiting_edit_says_for_what_since_when_and_until_when(
    screen: Screen, gallery: Gallery
) -> None:
    screen.open(gallery.waiting)

    text = screen.text("body")
    assert "Waits for somebody to approve it since" in text
    assert "when it is refused" in text


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
@pytest.mark.parametrize("name", ["own", "shared", "pictured", "refused", "waiting", "question"])
def test_axe_has_nothing_to_say_of_it(
    screen: Screen, gallery: Gallery, name: str, width: int, scheme: str
) -> None:
    screen.be(width, scheme)
    screen.open(gallery[name])

    screen.shoot(f"page-{name}-{width}-{scheme}")

    assert screen.violations() == []
    assert screen.flaws() == []
