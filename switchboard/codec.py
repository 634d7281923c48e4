"""Dataclasses to JSON types and back, strictly: an unknown field, a missing one or a wrong type raises `BadRecord`.

Every message crosses this several times, so what a type asks for is worked out once, when it is first seen.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, Union

import orjson

from switchboard.errors import BadRecord

T = TypeVar("T")
Step = Callable[[Any], Any]
_PLAIN = frozenset({str, int, float, bool, type(None)})
_ASKING = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""What orjson would write in its own way it has us open first."""


def to_dict(value: Any) -> Any:
    """Plain JSON types: dataclasses become objects (fields equal to their default are left out), moments ISO 8601 in
    UTC, tuples lists.
    """
    kind: Any = type(value)
    return value if kind in _PLAIN else _writer(kind)(value)


def to_json(value: Any) -> str:
    """The same as JSON text."""
    try:
        return orjson.dumps(value, _opened, _ASKING).decode()
    except TypeError:
        # A key that is no text, or a number of more than 64 bits.
        return json_of(to_dict(value))


def json_of(plain: Any) -> str:
    """JSON of plain types."""
    try:
        return orjson.dumps(plain).decode()
    except TypeError:
        # Numbers of more than 64 bits: somebody may type as many digits as they like.
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def from_dict(cls: type[T], data: Any) -> T:
    """The value that `to_dict` made `data` from. Raises BadRecord."""
    kind: Any = cls
    try:
        return typing.cast(T, _reader(kind)(data))
    except BadRecord:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadRecord(f"{cls.__name__}: {error}") from error


# --- writing ---------------------------------------------------------------------------------------------------------


@cache
def _writer(kind: type) -> Step:
    if dataclasses.is_dataclass(kind):
        return _record_writer(kind)
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, datetime):
        return lambda value: value.astimezone(timezone.utc).isoformat()
    if issubclass(kind, Mapping):
        return lambda value: {str(k): v if type(v) in _PLAIN else to_dict(v) for k, v in value.items()}
    if issubclass(kind, (list, tuple)):
        return lambda value: [v if type(v) in _PLAIN else to_dict(v) for v in value]
    return lambda value: value


def _record_writer(kind: type) -> Step:
    opened = _record_opener(kind)

    def write(value: Any) -> dict[str, Any]:
        return {name: held if type(held) in _PLAIN else to_dict(held) for name, held in opened(value).items()}

    return write


def _opened(value: Any) -> Any:
    """One step towards plain types; raises TypeError where there is none."""
    kind: Any = type(value)
    return _opener(kind)(value)


@cache
def _opener(kind: Any) -> Step:
    if dataclasses.is_dataclass(kind):
        return _record_opener(kind)
    if issubclass(kind, (datetime, Mapping, list, tuple, Enum)):
        return _writer(kind)
    raise TypeError(kind.__name__)


def _record_opener(kind: Any) -> Step:
    """The fields that differ from their default, as they are."""
    names = [f.name for f in dataclasses.fields(kind)]
    defaults = [_default(f) for f in dataclasses.fields(kind)]
    held_by: Any = attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]

    def opened(value: Any) -> dict[str, Any]:
        # Records compare all their fields: not with what none of them is.
        return {
            name: held
            for name, default, held in zip(names, defaults, held_by(value), strict=True)
            if default is dataclasses.MISSING or held != default
        }

    return opened


def _default(f: dataclasses.Field[Any]) -> Any:
    if f.default_factory is not dataclasses.MISSING:
        return f.default_factory()
    return f.default


# --- reading ---------------------------------------------------------------------------------------------------------


@cache
def _reader(kind: Any) -> Step:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return lambda data: data
    if origin in (Union, types.UnionType):
        return _optional_reader(args)
    if origin is typing.Literal:
        return _literal_reader(args)
    if origin is tuple:
        return _tuple_reader(args)
    if origin is not None and issubclass(origin, Mapping):
        inner = _reader(args[1])
        return lambda data: {str(k): inner(v) for k, v in data.items()}
    return _record_reader(kind) if dataclasses.is_dataclass(kind) else _scalar_reader(kind)


def _optional_reader(args: tuple[Any, ...]) -> Step:
    inner, may_be_none = _reader(next(a for a in args if a is not type(None))), type(None) in args
    return lambda data: None if data is None and may_be_none else inner(data)


def _literal_reader(args: tuple[Any, ...]) -> Step:
    def read(data: Any) -> Any:
        if data not in args:
            raise BadRecord(f"{data!r} is not one of {args}")
        return data

    return read


def _tuple_reader(args: tuple[Any, ...]) -> Step:
    alike = len(args) == 2 and args[1] is Ellipsis
    inner = [_reader(a) for a in args if a is not Ellipsis]

    def read(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, (list, tuple)):
            raise BadRecord(f"{data!r} is not a list")
        if alike:
            return tuple(inner[0](v) for v in data)
        return tuple(step(v) for step, v in zip(inner, data, strict=True))

    return read


def _record_reader(cls: Any) -> Step:
    fields = {name: (_taken_as_is(hint), _reader(hint)) for name, hint in typing.get_type_hints(cls).items()}

    def read(data: Any) -> Any:
        # The usual kind first: whether something is a Mapping takes long to find out.
        if type(data) is not dict and not isinstance(data, Mapping):
            raise BadRecord(f"{cls.__name__}: {type(data).__name__} is not an object")
        if not data.keys() <= fields.keys():
            raise BadRecord(f"{cls.__name__}: unknown {sorted(data.keys() - fields.keys())}")
        values = {}
        for name, value in data.items():
            kind, step = fields[name]
            values[name] = value if type(value) is kind else step(value)
        return cls(**values)

    return read


def _taken_as_is(hint: Any) -> Any:
    """The type whose values need no step, None where there is none."""
    return hint if hint in (str, int, float, bool) else None


def _scalar_reader(kind: Any) -> Step:
    if issubclass(kind, Enum):
        return lambda data: kind(data)
    if kind is datetime:
        return _moment

    def read(data: Any) -> Any:
        if type(data) is kind:
            return data
        if kind is float and type(data) is int:
            return float(data)
        if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
            raise BadRecord(f"{data!r} is not {kind.__name__}")
        return data

    return read


def _moment(data: Any) -> datetime:
    moment = datetime.fromisoformat(data)
    if moment.tzinfo is None:
        raise BadRecord(f"{data!r} has no time zone")
    return moment
