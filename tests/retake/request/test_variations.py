"""Lists of prompts and models in a request: which edits they make, and which they do not."""

from typing import Any

import pytest
from retake.domain.errors import Refused
from retake.domain.request import Request
from retake.domain.vocabulary import Reason
from retake.records.batches import MAX_EDITS
from retake.request.parsing import fields_of_metadata
from retake.request.variations import beneath, parse_variations

FAL, NOVITA = "fal/kling-o1-edit", "novita/kling-o1-edit"


def pairs(fields: dict[str, Any]) -> list[tuple[str, str | None]]:
    entries = parse_variations(fields).entries
    return [(each.prompt, each.model) for each in entries if isinstance(each, Request)]


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"prompt": "a"}, [("a", None)]),
        ({"prompt": "a", "prompts": None, "models": None}, [("a", None)]),
        ({"prompts": ["a"]}, [("a", None)]),
        ({"prompts": ["a", "b"]}, [("a", None), ("b", None)]),
        ({"prompts": ["a", "b"], "model": FAL}, [("a", FAL), ("b", FAL)]),
        ({"prompt": "a", "models": [FAL, NOVITA]}, [("a", FAL), ("a", NOVITA)]),
        (
            {"prompts": ["a", "b"], "models": [FAL, NOVITA]},
            [("a", FAL), ("b", FAL), ("a", NOVITA), ("b", NOVITA)],
        ),
        # What stands twice is made and paid once.
        ({"prompts": ["a", "b", " a "]}, [("a", None), ("b", None)]),
        ({"prompts": ["a", "a"]}, [("a", None)]),
        ({"prompts": [str(n) for n in range(20)]}, [(str(n), None) for n in range(20)]),
    ],
)
def test_each_entry_is_an_edit_and_both_lists_make_every_combination(
    fields: dict[str, Any], made: list[tuple[str, str | None]]
) -> None:
    assert pairs(fields) == made
    assert parse_variations(fields).is_batch is (len(made) > 1)


@pytest.mark.parametrize(
    ("fields", "field", "allowed"),
    [
        ({"prompts": "a"}, "prompts", "a list of 1 to 20 texts"),
        ({"prompts": []}, "prompts", "a list of 1 to 20 texts"),
        ({"prompts": ["a", 5]}, "prompts", "a list of 1 to 20 texts"),
        ({"prompts": {"a": "b"}}, "prompts", "a list of 1 to 20 texts"),
        ({"prompt": "a", "models": []}, "models", "a list of 1 to 20 texts"),
        ({"prompt": "a", "models": [None]}, "models", "a list of 1 to 20 texts"),
        ({"prompt": "a", "prompts": ["b"]}, "prompts", "'prompt' or 'prompts'"),
        ({"prompt": "a", "model": FAL, "models": [FAL]}, "models", "'model' or 'models'"),
        ({"prompts": [str(n) for n in range(21)]}, "prompts", MAX_EDITS),
        (
            {"prompts": [str(n) for n in range(7)], "models": ["x", "y", "z"]},
            "prompts",
            MAX_EDITS,
        ),
    ],
)
def test_lists_that_cannot_be_meant_are_refused_with_what_is_allowed(
    fields: dict[str, Any], field: str, allowed: Any
) -> None:
    with pytest.raises(Refused) as refused:
        parse_variations(fields)

    assert refused.value.reason is Reason.INVALID_REQUEST
    assert (refused.value.field, refused.value.allowed) == (field, allowed)


def test_too_many_are_counted_in_words() -> None:
    fields = {"prompts": [str(n) for n in range(7)], "models": ["x", "y", "z"]}

    with pytest.raises(Refused, match=r"21 edits \(7 prompts by 3 models\); at most 20"):
        parse_variations(fields)


def test_twenty_are_counted_after_doubles_were_folded() -> None:
    found = parse_variations({"prompts": [*(str(n) for n in range(20)), "0"]})

    assert len(found.entries) == 20
    assert found.warnings == ("'prompts' says the same at 1 and 21; it was made once.",)


def test_one_bad_entry_is_refused_alone() -> None:
    good, empty, odd = parse_variations({"prompts": ["a", "  ", "b\x00"]}).entries

    assert isinstance(good, Request)
    assert isinstance(empty, Refused)
    assert isinstance(odd, Refused)
    assert (empty.reason, odd.reason) == (Reason.MISSING_PROMPT, Reason.INVALID_REQUEST)


def test_what_is_wrong_with_all_of_them_is_said_once() -> None:
    with pytest.raises(Refused) as refused:
        parse_variations({"prompts": ["a", "b"], "promt": "c"})

    assert refused.value.field == "promt"


@pytest.mark.parametrize(
    ("metadata", "read"),
    [
        ({"prompts": '["a, b", "c"]'}, {"prompts": ["a, b", "c"]}),
        ({"prompts": ' ["a"]'}, {"prompts": ["a"]}),
        ({"prompts": "utf-8''%5B%22%C3%BC%22%5D"}, {"prompts": ["ü"]}),
        ({"prompts": "a, b"}, {"prompts": "a, b"}),
        ({"prompts": "[not json"}, {"prompts": "[not json"}),
        ({"prompts": "[" * 2000}, {"prompts": "[" * 2000}),
        ({"models": f"{FAL}, {NOVITA}"}, {"models": [FAL, NOVITA]}),
        ({"models": f'["{FAL}"]'}, {"models": [FAL]}),
    ],
)
def test_in_metadata_prompts_are_json_because_they_hold_commas_and_models_may_be_either(
    metadata: dict[str, str], read: dict[str, Any]
) -> None:
    assert fields_of_metadata(metadata) == read


@pytest.mark.parametrize(
    ("top", "more", "both"),
    [
        ({"model": "m"}, {"prompts": ["a"], "models": ["x"]}, {"model": "m", "prompts": ["a"]}),
        ({"models": ["x"]}, {"prompt": "a", "model": "m"}, {"models": ["x"], "prompt": "a"}),
        ({"model": None}, {"models": ["x"]}, {"model": None, "models": ["x"]}),
        # SourceSettings in one place it is a contradiction, which is refused and not guessed at.
        ({}, {"model": "m", "models": ["x"]}, {"model": "m", "models": ["x"]}),
        ({"fast": True}, {"prompt": "a", "fast": False}, {"prompt": "a", "fast": True}),
    ],
)
def test_a_field_said_earlier_hides_the_list_said_later_and_the_other_way_round(
    top: dict[str, Any], more: dict[str, Any], both: dict[str, Any]
) -> None:
    assert beneath(top, more) == both
