"""Values made cheaply are what `dataclasses` would have made of the same lines."""

import copy
import dataclasses
import importlib
import pickle
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import retake
from retake.domain.edit import Edit, Result
from retake.domain.stored import Part
from retake.domain.values import dataclass
from retake.providers.contract import Task


def _all() -> Iterator[type]:
    """Each class of the product that is made by `retake.domain.values`."""
    for module in pkgutil.walk_packages(retake.__path__, "retake."):
        for name, cls in vars(importlib.import_module(module.name)).items():
            is_its_own = getattr(cls, "__module__", None) == module.name
            if is_its_own and name == getattr(cls, "__name__", None) and "_shape" in vars(cls):
                yield cls


CLASSES = sorted(_all(), key=lambda each: each.__qualname__)


@cache
def _twin(cls: type) -> Any:
    """The same fields and checks, made by the library."""
    copies = {
        field.name: dataclasses.field(
            **{
                name: getattr(field, name)
                for name in ("default", "default_factory", "repr", "kw_only")
                if getattr(field, name) is not dataclasses.MISSING
            }
        )
        for field in dataclasses.fields(cls)
    }
    return dataclasses.make_dataclass(
        cls.__name__,
        [(field.name, field.type, copies[field.name]) for field in dataclasses.fields(cls)],
        namespace={
            name: vars(cls)[name] for name in ("__post_init__", "_zone") if name in vars(cls)
        },
        frozen=True,
        slots=True,
    )


def _given(cls: Any, mark: str = "") -> dict[str, str]:
    """A value for each field; the class of days and months takes the name of a zone only."""
    return {
        field.name: "UTC" if hasattr(cls, "__post_init__") else f"{field.name}{mark}"
        for field in dataclasses.fields(cls)
    }


def test_there_are_a_hundred_of_them() -> None:
    assert len(CLASSES) > 100
    assert Edit in CLASSES


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_a_value_is_shown_compared_copied_and_kept_as_by_the_library(cls: Any) -> None:
    twin, given = _twin(cls), _given(cls)
    value, same, judge = cls(**given), cls(**given), twin(**given)

    if cls.__repr__.__module__ == "retake.domain.values":
        assert repr(value) == repr(judge)
    assert dataclasses.asdict(value) == dataclasses.asdict(judge)
    assert value == same
    assert hash(value) == hash(same) == hash(judge)
    assert cls.__match_args__ == twin.__match_args__
    assert value != judge
    assert not getattr(value, "__dict__", None)
    assert copy.deepcopy(value) == copy.copy(value) == pickle.loads(pickle.dumps(value)) == value
    for name in given:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "other")
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(value, name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.unknown = 1


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_each_field_counts_in_a_comparison_and_can_be_replaced(cls: Any) -> None:
    value, others = cls(**_given(cls)), _given(cls, "'")

    for name, other in others.items():
        changed = dataclasses.replace(value, **{name: other})
        assert getattr(changed, name) == other
        assert (changed == value) is (other == getattr(value, name))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_what_is_not_given_is_filled_in_or_missed_as_by_the_library(cls: Any) -> None:
    twin, given = _twin(cls), _given(cls)
    for left_out in given:
        rest = {name: value for name, value in given.items() if name != left_out}
        assert _values(cls, **rest) == _values(twin, **rest)
    assert _values(cls) == _values(twin)
    assert _values(cls, **given, no_field=1) == _values(twin, **given, no_field=1) is TypeError
    in_order = [*given.values(), "one more"]
    for count in range(len(in_order) + 1):
        assert _values(cls, *in_order[:count]) == _values(twin, *in_order[:count])
    if cls.__match_args__:
        assert _values(cls, "", **given) == _values(twin, "", **given) is TypeError


def _values(cls: Any, *values: Any, **named: Any) -> Any:
    """What comes of a call: the values of the fields by name, or the kind of error."""
    try:
        made = cls(*values, **named)
    except TypeError:
        return TypeError
    except ValueError:
        return ValueError
    return {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}


def test_a_default_that_is_made_is_made_for_each() -> None:
    one, other = Task(task_id="1"), Task(task_id="1")

    assert one.urls == other.urls == {}
    assert one.urls is not other.urls


def test_an_error_names_what_is_missing() -> None:
    with pytest.raises(TypeError, match=r"Result.__init__\(\) lacks bucket, key, "):
        Result()  # type: ignore[call-arg]


def test_a_class_may_derive_from_one_and_write_methods_of_its_own() -> None:
    @dataclass(frozen=True, slots=True)
    class Sum(Part):
        usd: int
        note: str = ""

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Sum) and self.usd == other.usd

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Bill(Sum):
        paid: bool = False

    bill = Bill(3, "for snow", paid=True)

    assert Sum(1, "a") == Sum(1, "b")
    assert dataclasses.asdict(bill) == {"usd": 3, "note": "for snow", "paid": True}
    assert [field.name for field in dataclasses.fields(bill)] == ["usd", "note", "paid"]
    assert Bill.from_mapping(bill.to_mapping()).paid


def test_what_is_not_frozen_is_left_to_the_library() -> None:
    with pytest.raises(TypeError, match="from `dataclasses`"):
        dataclass(frozen=False, slots=True)
