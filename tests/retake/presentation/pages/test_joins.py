"""A film's page shows where its pieces were put together; other pages say nothing of it."""

from typing import Any

from retake.presentation.pages.compare import ComparedSide, compare_page

CLIP = ComparedSide(url="https://r.example/clip.mp4")
FACTS: dict[str, Any] = {"name": "long.mp4", "duration_seconds": 24.5, "width": 16, "height": 9}


def page_of(**facts: Any) -> str:
    return compare_page({**FACTS, **facts}, before=CLIP, after=CLIP)


def test_each_join_is_marked_on_the_bar_and_named_below_it() -> None:
    page = page_of(joins=[8.167, 16.333])

    assert 'data-joins="8.167 16.333"' in page
    assert "3 pieces, 2 joins: 0:08.17, 0:16.33" in page
    assert '<line x1="33.33%"' in page
    assert '<line x1="66.67%"' in page


def test_of_many_joins_only_the_marks_are_shown() -> None:
    page = page_of(joins=[float(at) for at in range(1, 24)])

    assert "24 pieces, 23 joins<" in page
    assert page.count("<line ") == 23


def test_a_clip_in_one_piece_has_none() -> None:
    page = page_of()

    assert "joins" not in page
    assert "<line " not in page


def test_a_page_of_stills_has_nothing_to_go_to() -> None:
    page = compare_page(
        {**FACTS, "joins": [8.0]}, before=None, after=ComparedSide(poster_url="data:,")
    )

    assert 'id="joins"' not in page
