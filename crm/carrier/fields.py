"""How the carrier writes one value, and a noun as a table of its values. What cannot be read raises BadDocument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from typing import Any, Protocol

from crm.documents.money import month_start
from crm.documents.scalars import MOST_FEN, BadDocument, Document, mapping, string
from crm.model import Text
from crm.worktime import CHINA

MOST_TEXT = 4096
MOST_ROWS = 5000
_YUAN = re.compile(r"(-?)([0-9]{1,10})\.([0-9]{2})")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_LOCAL_NUMBER = re.compile(r"1[0-9]{10}")


class Kind(Protocol):
    """Writes a value of ours as JSON of the carrier's, and reads it back."""

    def write(self, value: Any) -> Any: ...

    def read(self, raw: Any, field: str) -> Any: ...


class _Text:
    def write(self, value: str) -> str:
        return value

    def read(self, raw: Any, field: str) -> str:
        return string(raw, field, MOST_TEXT)


class _Yuan:
    """Fen as yuan with exactly two decimals: 2350 is "23.50". Never a JSON number, which half of all parsers round."""

    def write(self, value: int) -> str:
        sign, fen = "-" if value < 0 else "", abs(value)
        return f"{sign}{fen // 100}.{fen % 100:02d}"

    def read(self, raw: Any, field: str) -> int:
        found = _YUAN.fullmatch(string(raw, field, 16))
        fen = int(found[2]) * 100 + int(found[3]) if found else MOST_FEN + 1
        if found is None or fen > MOST_FEN:
            raise BadDocument(field)
        return -fen if found[1] else fen


class _Whole:
    """A whole number, as a string of digits."""

    def write(self, value: int) -> str:
        return str(value)

    def read(self, raw: Any, field: str) -> int:
        if not _WHOLE.fullmatch(string(raw, field, 16)):
            raise BadDocument(field)
        return int(raw)


class _Flag:
    def write(self, value: bool) -> str:
        return "Y" if value else "N"

    def read(self, raw: Any, field: str) -> bool:
        if raw not in ("Y", "N"):
            raise BadDocument(field)
        return bool(raw == "Y")


class _Number:
    """An MSISDN without +86. Numbers of other countries are not the carrier's."""

    def write(self, value: str) -> str:
        local = value[3:]
        if not value.startswith("+86") or not _LOCAL_NUMBER.fullmatch(local):
            raise BadDocument("svcNum")
        return local

    def read(self, raw: Any, field: str) -> str:
        if not _LOCAL_NUMBER.fullmatch(string(raw, field, 11)):
            raise BadDocument(field)
        return f"+86{raw}"


@dataclass(frozen=True)
class Local:
    """A moment in Asia/Shanghai, written by `pattern`; what it leaves out is lost."""

    pattern: str
    length: int

    def write(self, value: datetime) -> str:
        return value.astimezone(CHINA).strftime(self.pattern)

    def read(self, raw: Any, field: str) -> datetime:
        try:
            return self.local(raw, field).astimezone(timezone.utc)
        except OverflowError:
            raise BadDocument(field) from None

    def local(self, raw: Any, field: str) -> datetime:
        """The same moment as it stands there."""
        text = string(raw, field, self.length)
        # strptime also takes fewer digits than it writes.
        if len(text) != self.length or not (text.isascii() and text.isdigit()):
            raise BadDocument(field)
        try:
            return datetime.strptime(text, self.pattern).replace(tzinfo=CHINA)
        except ValueError:
            raise BadDocument(field) from None


class _Day:
    def write(self, value: date) -> str:
        return f"{value:%Y%m%d}"

    def read(self, raw: Any, field: str) -> date:
        return _MIDNIGHT.local(raw, field).date()


class _Month:
    """ "2026-11" as "202611"."""

    def write(self, value: str) -> str:
        return f"{month_start(value):%Y%m}"

    def read(self, raw: Any, field: str) -> str:
        return Local("%Y%m", 6).local(raw, field).strftime("%Y-%m")


class _Hour:
    def write(self, value: time) -> str:
        return f"{value:%H%M}"

    def read(self, raw: Any, field: str) -> time:
        return Local("%H%M", 4).local(raw, field).time()


class _Names:
    """A text in both languages."""

    def write(self, value: Text) -> Document:
        return {"cn": value.zh, "en": value.en}

    def read(self, raw: Any, field: str) -> Text:
        document = mapping(raw, field)
        return Text(TEXT.read(document.get("cn"), field), TEXT.read(document.get("en"), field))


TEXT, YUAN, WHOLE, FLAG, NUMBER, NAMES = _Text(), _Yuan(), _Whole(), _Flag(), _Number(), _Names()
MOMENT, _MIDNIGHT = Local("%Y%m%d%H%M%S", 14), Local("%Y%m%d", 8)
DAY, MONTH, HOUR = _Day(), _Month(), _Hour()


class Codes:
    """A closed set of our words and the carrier's code for each."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        self.codes = codes
        self.words = {code: word for word, code in codes.items()}
        if len(self.words) != len(codes):
            raise ValueError(f"a code for two words: {codes}")

    def write(self, value: str) -> str:
        if value not in self.codes:
            raise BadDocument("code")
        return self.codes[value]

    def read(self, raw: Any, field: str) -> str:
        if string(raw, field, 32) not in self.words:
            raise BadDocument(field)
        return self.words[raw]


@dataclass(frozen=True)
class Many:
    """A list of one kind; a tuple on our side."""

    kind: Kind

    def write(self, value: Any) -> list[Any]:
        return [self.kind.write(one) for one in value]

    def read(self, raw: Any, field: str) -> tuple[Any, ...]:
        if not isinstance(raw, list) or len(raw) > MOST_ROWS:
            raise BadDocument(field)
        return tuple(self.kind.read(one, field) for one in raw)


@dataclass(frozen=True)
class Maybe:
    """None is left out."""

    kind: Kind

    def write(self, value: Any) -> Any:
        return None if value is None else self.kind.write(value)

    def read(self, raw: Any, field: str) -> Any:
        return None if raw is None else self.kind.read(raw, field)


class Table:
    """A noun as an object: our attribute, the carrier's name for it, and how its value is written."""

    def __init__(self, noun: Any, **fields: tuple[str, Kind]) -> None:
        self.noun, self.fields = noun, fields

    def write(self, value: Any) -> Document:
        written = {name: kind.write(getattr(value, ours)) for ours, (name, kind) in self.fields.items()}
        return {name: one for name, one in written.items() if one is not None}

    def read(self, raw: Any, field: str) -> Any:
        document = mapping(raw, field)
        return self.noun(**{ours: kind.read(document.get(name), name) for ours, (name, kind) in self.fields.items()})
