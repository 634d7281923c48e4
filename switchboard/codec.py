"""Dataclasses to JSON types and back, strictly: an unknown field, a missing one or a wrong type raises `BadRecord`."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union

from switchboard.errors import BadRecord

T = TypeVar("T")


def to_dict(value: Any) -> Any:
    """Plain JSON types: dataclasses become objects (fields equal to their default are left out), moments ISO 8601 in
    UTC, tuples lists.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: to_dict(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if getattr(value, f.name) != _default(f)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if isinstance(value, Mapping):
        return {str(k): to_dict(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_dict(v) for v in value]
    return value


def from_dict(cls: type[T], data: Any) -> T:
    """The value that `to_dict` made `data` from. Raises BadRecord."""
    try:
        return typing.cast(T, _build(cls, data))
    except BadRecord:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadRecord(f"{cls.__name__}: {error}") from error


def _default(f: dataclasses.Field[Any]) -> Any:
    if f.default_factory is not dataclasses.MISSING:
        return f.default_factory()
    return f.default


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _build(kind: Any, data: Any) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return data
    if origin in (Union, types.UnionType):
        if data is None and type(None) in args:
            return None
        return _build(next(a for a in args if a is not type(None)), data)
    if origin is typing.Literal:
        if data not in args:
            raise BadRecord(f"{data!r} is not one of {args}")
        return data
    if origin is tuple:
        return _tuple(args, data)
    if origin is not None and issubclass(origin, Mapping):
        return {str(k): _build(args[1], v) for k, v in data.items()}
    return _scalar(kind, data)


def _tuple(args: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise BadRecord(f"{data!r} is not a list")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_build(args[0], v) for v in data)
    return tuple(_build(a, v) for a, v in zip(args, data, strict=True))


def _scalar(kind: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind), data)
    if issubclass(kind, Enum):
        return kind(data)
    if kind is datetime:
        moment = datetime.fromisoformat(data)
        if moment.tzinfo is None:
            raise BadRecord(f"{data!r} has no time zone")
        return moment
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise BadRecord(f"{data!r} is not {kind.__name__}")
    return data


def _record(cls: type, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise BadRecord(f"{cls.__name__}: {type(data).__name__} is not an object")
    hints = _hints(cls)
    unknown = set(data) - set(hints)
    if unknown:
        raise BadRecord(f"{cls.__name__}: unknown {sorted(unknown)}")
    return cls(**{name: _build(hints[name], value) for name, value in data.items()})
