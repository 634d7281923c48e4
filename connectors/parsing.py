"""Strict readers for what comes from outside. Everything malformed raises BadInput, whose status is 4xx."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, cast

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from switchboard.errors import BadInput

MAX_BODY = 64 * 1024
MAX_TEXT = 4000
"""Characters of one message that are kept: more than any channel shows a person."""
MAX_DEPTH = 32
_DECLARED = re.compile(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8: no duplicate keys, no NaN, at most MAX_DEPTH deep."""
    if len(body) > MAX_BODY:
        raise BadInput("body is larger than 64 KiB", 413)
    try:
        value = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput("body is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise BadInput("body is not a JSON object")
    if _depth(value) > MAX_DEPTH:
        raise BadInput("JSON is nested too deep")
    return value


def xml_fields(body: bytes) -> dict[str, str]:
    """The texts of the root's children, by tag, from XML in UTF-8 without DTD; what is nested deeper is left out."""
    if len(body) > MAX_BODY:
        raise BadInput("body is larger than 64 KiB", 413)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadInput("XML is not UTF-8") from error
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in ("utf-8", "utf8"):
        raise BadInput("XML declares another encoding than UTF-8")
    parser = DefusedXMLParser(target=_Children(), forbid_dtd=True)
    try:
        parser.feed(text)
        fields = cast("dict[str, str]", parser.close())
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadInput("XML cannot be read") from error
    return fields


def text_field(data: Mapping[str, Any], name: str, limit: int, default: str | None = None) -> str:
    """A string of at most `limit` characters; missing is an error unless there is a default."""
    value = data.get(name, default)
    if not isinstance(value, str):
        raise BadInput(f"{name} must be a string")
    if len(value) > limit:
        raise BadInput(f"{name} is longer than {limit} characters")
    return value


def message_text(value: str) -> str:
    """What a person wrote: no control characters but line ends and tabs, no lone surrogates, cut at MAX_TEXT."""
    repaired = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", repaired.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_TEXT]


def moment(seconds: int | float | str) -> datetime:
    """A Unix time in seconds."""
    try:
        return datetime.fromtimestamp(float(seconds), timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput("a time cannot be read") from error


class _Children:
    """Target of the XML parser: keeps no tree, so that a deep document costs nothing."""

    def __init__(self) -> None:
        self._depth = 0
        self._text: list[str] = []
        self._fields: dict[str, str] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadInput("XML is nested too deep")
        if self._depth == 2:
            if tag in self._fields:
                raise BadInput(f"{tag[:64]} occurs twice")
            self._text = []

    def end(self, tag: str) -> None:
        if self._depth == 2:
            self._fields[tag] = "".join(self._text)
        self._depth -= 1

    def data(self, text: str) -> None:
        if self._depth == 2:
            self._text.append(text)

    def close(self) -> dict[str, str]:
        return self._fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadInput("a JSON key occurs twice")
    return value


def _no_constant(name: str) -> Any:
    raise BadInput(f"{name} is not JSON")


def _depth(value: Any) -> int:
    """How deep containers are nested, without recursion."""
    deepest, todo = 0, [(value, 1)]
    while todo:
        inner, level = todo.pop()
        deepest = max(deepest, level)
        children = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
        todo.extend((child, level + 1) for child in children if isinstance(child, (dict, list)))
    return deepest
