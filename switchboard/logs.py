"""Structured logs in JSON lines: an event name and keys, a trace id bound once, never a text, a full number or a
code.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

_DIGITS = re.compile(r"\d{6,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_SUSPECT = re.compile(f"{_DIGITS.pattern}|{_CONTROL.pattern}")
_IDS = frozenset({"trace", "conversation", "message", "entry", "handoff", "timestamp", "release"})


def configure(process: str, level: str = "info") -> None:
    """Call once from a composition root."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _clean,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def _line(event: Any, **_: Any) -> bytes:
    try:
        return orjson.dumps(event, default=repr)
    except TypeError:
        # Half of a character, or a number of more than 64 bits.
        return json.dumps(event, default=repr).encode()


def _clean(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Digit runs that could be numbers or codes are cut, control characters that could forge a line are escaped."""
    for key, value in event.items():
        if isinstance(value, str) and key not in _IDS:
            if not _SUSPECT.search(value):
                continue
            text = _DIGITS.sub(lambda m: m[0][:2] + "*" * (len(m[0]) - 4) + m[0][-2:], value)
            event[key] = _CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), text)
    return event
