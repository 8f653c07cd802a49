"""`dataclass` for frozen values as `dataclasses` makes it, without its cost at each cold start.

    from retake.domain.values import dataclass

    @dataclass(frozen=True, slots=True)
    class Price: ...

The library writes the source of five methods for each class and has it compiled, which for the
hundred classes of a function is a fifth of its start. Here all classes share their methods, which
look up the fields. What they do is the same: the tests hold each class of the product against the
library's own. So `field`, `replace`, `fields`, `asdict` and type checkers take one for the other.
"""

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """For frozen values with slots; what is not both is a case for `dataclasses` itself."""
        if not (frozen and slots):
            raise TypeError(
                "Take `dataclass` from `dataclasses` for what is not frozen with slots."
            )
        return lambda cls: _made(cls, kw_only)


# What marks a field has no public name.
_FIELD: Any = dataclasses._FIELD  # type: ignore[attr-defined]
# What `dataclasses` asks of a class from which it derives one.
_FROZEN = SimpleNamespace(
    init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=True, slots=True
)
_set = object.__setattr__


class _Shape:
    """What the shared methods know of a class, looked up once."""

    __slots__ = ("check", "defaults", "factories", "in_order", "known", "names", "shown")

    def __init__(self, fields: dict[str, Any], check: Callable[[Any], None] | None) -> None:
        self.check = check
        self.names = tuple(fields)
        self.known = frozenset(fields)
        self.in_order = tuple(name for name, field in fields.items() if not field.kw_only)
        self.shown = tuple(name for name, field in fields.items() if field.repr)
        missing = dataclasses.MISSING
        self.defaults = {
            name: field.default for name, field in fields.items() if field.default is not missing
        }
        self.factories = tuple(
            (name, field.default_factory)
            for name, field in fields.items()
            if field.default_factory is not missing
        )


def _made(cls: Any, kw_only: bool) -> Any:
    """The class anew: slots can only be given to a class while it is made."""
    namespace = dict(cls.__dict__)
    fields: dict[str, Any] = {}
    for base in cls.__mro__[-1:0:-1]:
        fields |= base.__dict__.get("__dataclass_fields__", {})
    inherited = fields.keys() | ()
    for name, type_ in cls.__annotations__.items():
        if getattr(type_, "__origin__", None) is ClassVar:
            continue
        default = namespace.pop(name, dataclasses.MISSING)
        is_field = isinstance(default, dataclasses.Field)
        field: Any = default if is_field else dataclasses.field(default=default)
        if not (field.init and field.compare):
            raise TypeError("Take `dataclass` from `dataclasses` for fields of different kinds.")
        field.name, field.type, field.kw_only, field._field_type = name, type_, kw_only, _FIELD
        fields[name] = field
    shape = _Shape(fields, getattr(cls, "__post_init__", None))
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    made = {
        "__slots__": tuple(name for name in fields if name not in inherited),
        "__dataclass_fields__": fields,
        "__dataclass_params__": _FROZEN,
        "__match_args__": shape.in_order,
        "__qualname__": cls.__qualname__,
        "_shape": shape,
    }
    return type(cls)(cls.__name__, cls.__bases__, _METHODS | namespace | made)


def _init(self: Any, /, *values: Any, **named: Any) -> None:
    shape: _Shape = self._shape
    if values:
        named = _by_name(self, values, named)
    whole = {**shape.defaults, **named}
    for name, make in shape.factories:
        if name not in named:
            whole[name] = make()
    if whole.keys() != shape.known:
        raise TypeError(_what_is_wrong(self, whole))
    for name, value in whole.items():
        _set(self, name, value)
    if shape.check is not None:
        shape.check(self)


def _by_name(self: Any, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    shape: _Shape = self._shape
    whole = dict(zip(shape.in_order, values, strict=False))
    called = f"{type(self).__qualname__}.__init__()"
    if len(values) > len(shape.in_order):
        most = len(shape.in_order)
        raise TypeError(f"{called} takes at most {most} values without a name, not {len(values)}")
    if twice := whole.keys() & named.keys():
        raise TypeError(f"{called} got two values for {', '.join(sorted(twice))}")
    return whole | named


def _what_is_wrong(self: Any, whole: dict[str, Any]) -> str:
    called = f"{type(self).__qualname__}.__init__()"
    if unknown := [name for name in whole if name not in self._shape.known]:
        return f"{called} got an unknown argument: {', '.join(unknown)}"
    return f"{called} lacks {', '.join(name for name in self._shape.names if name not in whole)}"


def _values(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in self._shape.names])


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shape.shown)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self is other or _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash(_values(self))


def _setattr(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _setstate(self: Any, values: tuple[Any, ...]) -> None:
    for name, value in zip(self._shape.names, values, strict=True):
        _set(self, name, value)


# What a class writes itself goes before these, as with the library.
_METHODS = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _values,
    "__setstate__": _setstate,
}
