"""Frozen dataclasses to JSON and back: fractions as text, enums by value, tuples as lists.

Only for our own types, which cross a process boundary as jobs and results. Input from people is checked by
pydantic at the edge instead.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import format_rate, parse_rate

T = TypeVar("T")

_PLAIN = frozenset({str, int, float, bool, type(None)})
"""Written as they are; an enum that is a str as well is none of them."""


def to_json(value: Any) -> Any:
    """`value` as what `json.dumps` accepts."""
    if type(value) in _PLAIN:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return format_rate(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def from_json(cls: type[T], data: Any) -> T:
    """The `cls` that `to_json` described. Raises InvalidJob naming the field that is missing, unknown or wrong."""
    value: T = _read(cls, data, cls.__name__)
    return value


def _read(kind: Any, data: Any, where: str) -> Any:
    origin, args = _parts(kind)
    if origin in (Union, types.UnionType):
        if data is None and type(None) in args:
            return None
        (inner,) = [arg for arg in args if arg is not type(None)]
        return _read(inner, data, where)
    if kind is Fraction:
        return parse_rate(str(data))
    if origin is tuple:
        return tuple(_read(args[0], item, f"{where}[]") for item in _expect(list, data, where))
    if origin is not None and issubclass(origin, Mapping):
        return {
            key: _read(args[1], item, f"{where}.{key}") for key, item in _expect(dict, data, where).items()
        }
    if is_dataclass(kind):
        return _read_dataclass(kind, data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_enum(kind, data, where)
    if kind is Any:
        return data
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    return _expect(kind, data, where)


def _read_dataclass(kind: Any, data: Any, where: str) -> Any:
    given = _expect(dict, data, where)
    hints, required = _shape(kind)
    if unknown := sorted(given.keys() - hints.keys()):
        raise InvalidJob(f"{where} has no field {unknown[0]!r}.")
    if missing := sorted(required - given.keys()):
        raise InvalidJob(f"{where} lacks the field {missing[0]!r}.")
    return kind(**{name: _read(hints[name], item, f"{where}.{name}") for name, item in given.items()})


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """`tuple[int, ...]` as `tuple` and `(int, ...)`. Kept, as shapes are: an event may tell of ten thousand clips."""
    return get_origin(kind), get_args(kind)


@cache
def _shape(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of a dataclass's fields, and the names of those without a default."""
    hints, known = get_type_hints(kind), fields(kind)
    required = (f.name for f in known if f.default is MISSING and f.default_factory is MISSING)
    return {field.name: hints[field.name] for field in known}, frozenset(required)


def _read_enum(kind: type[Enum], data: Any, where: str) -> Enum:
    try:
        return kind(data)
    except ValueError as exc:
        raise InvalidJob(f"{where} is {data!r}; expected one of {[m.value for m in kind]}.") from exc


def _expect(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise InvalidJob(f"{where} is {data!r}; expected {kind.__name__}.")
    return data
