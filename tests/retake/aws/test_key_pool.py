"""The secret of a provider that holds several keys: read by name, and refused without a leak."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.aws.key_pool import MOST_KEYS, keys_in
from retake.aws.secrets import Keys
from retake.domain.errors import Misconfigured

KEY = "sk_CANARY-0123456789"
BROKEN = {
    "no JSON": '{"default": "k1"',
    "no text": json.dumps({"default": 17}),
    "a key inside": json.dumps({"default": {"key": KEY}}),
    "none": "{}",
    "a name with a space": json.dumps({"team b": KEY}),
    "a name in capitals": json.dumps({"TEAM": KEY}),
    "the key for a name": json.dumps({KEY: "team-b"}),
    "one name twice": '{"a": "k1", "a": "k2"}',
    "one key twice": json.dumps({"a": KEY, "b": KEY}),
    "the placeholder": json.dumps({"a": KEY, "b": "replace-me"}),
    "a line end": json.dumps({"a": KEY, "b": "key\n"}),
    "too many": json.dumps({f"k{n}": f"key-{n}" for n in range(MOST_KEYS + 1)}),
}


def vault(**secrets: str) -> Keys:
    return Keys({name: name for name in secrets}, secrets.__getitem__)


def test_several_keys_are_known_by_their_names_and_one_of_them_may_be_the_default() -> None:
    keys = vault(fal=json.dumps({"team-b": "k2", "default": "k1"}, indent=2), novita="k3")

    assert (keys.names("fal"), keys.names("novita")) == (("default", "team-b"), ("default",))
    assert [keys.key(key) for key in ("fal", "fal/team-b", "novita")] == ["k1", "k2", "k3"]


@pytest.mark.parametrize("key", ["fal", "fal/team-c"])
def test_a_key_that_was_taken_out_is_named_so_that_it_can_be_put_back(key: str) -> None:
    keys = vault(fal=json.dumps({"team-b": KEY}))

    with pytest.raises(Misconfigured, match="put it back as") as refusal:
        keys.key(key)

    assert (key.partition("/")[2] or "default") in str(refusal.value)
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_secret_that_cannot_hold_keys_is_refused_without_a_word_of_it(broken: str) -> None:
    with pytest.raises(Misconfigured, match="fal") as refusal:
        vault(fal=BROKEN[broken]).names("fal")

    assert "CANARY" not in str(refusal.value)


@given(st.text())
def test_whatever_stands_in_a_secret_it_holds_usable_keys_or_none(secret: str) -> None:
    try:
        found = keys_in("fal", secret)
    except Misconfigured:
        return

    assert all(key.isascii() and key.isprintable() and " " not in key for key in found.values())
    assert len(found) == len(set(found.values())) > 0
