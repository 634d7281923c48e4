"""JSON between our processes: by orjson, and by Python's own for what orjson refuses (half of a surrogate pair)."""

from __future__ import annotations

import json
from typing import Any

import orjson


def packed(value: Any) -> bytes:
    """Raises TypeError, ValueError for what is no JSON."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return json.dumps(value).encode()


def unpacked(body: bytes | bytearray | str) -> Any:
    """Raises ValueError, RecursionError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)
