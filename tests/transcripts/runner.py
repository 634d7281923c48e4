"""Plays a transcript against a running stack. A transcript is a conversation as people saw it:

    # A person asks for the balance and for a human.
    sms:+8613800000000 > 查话费
    sms:+8613800000000 < 您的话费余额为{yuan}元。{*}
    web:zhang          > [查账单]
    agent:lin          takes sms:+8613800000000
    agent:lin          > 您好，我是小林。

`>` is said by the person, `<` is what they see next, on that Address. `[label]` taps a choice; a seen message with
choices ends in `[label] [label]`. In what is seen `{*}` stands for any text, `{yuan}` for an amount, `{n}` for digits,
`{code}` for six digits that a later `{code}` types, `{url}` for a link that a payer follows, `{ticket}` for a ticket's
number. `{id +86138…}` types the ID number of a named demo subscriber. Names after `web:` and
`wechat:` are whoever the transcript likes. Other lines:

    agent:NAME takes|returns|closes ADDRESS
    agent:NAME arrives|leaves
    system     stops|starts PROCESS
    system     waits SECONDS
    system     types WORDS OF python -m switchboard; `{named}` is then the first word of what it said
    payer      pays|cancels
    crm        KIND ADDRESS VALUES: what the CRM tells of a number unasked, as in crm/happenings.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm.reference.papers import papers_of
from crm.reference.people import outlines
from crm.worktime import CHINA

PATIENCE_S = 15.0
_LINE = re.compile(r"(?P<who>\S+)\s+(?P<verb>[<>]|[a-z_0-9]+)(?:\s+(?P<what>.*))?")
_HOLES = {
    "*": r"[\s\S]*?",
    "yuan": r"-?\d+\.\d\d",
    "n": r"\d+",
    "code": r"(?P<code>\d{6})",
    "url": r"(?P<url>https?://\S+)",
    "ticket": r"(?P<ticket>T\d+)",
}


@dataclass(frozen=True)
class Step:
    """One line of a transcript, with its number for messages."""

    number: int
    who: str
    verb: str
    what: str


def read(path: Path) -> Iterator[Step]:
    """The steps of a file; a line that starts with two spaces continues the one before."""
    text = re.sub(r"\n {2,}(?=\S)", r"\\n", path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if not match:
            raise ValueError(f"{path.name}:{number}: cannot be read: {line}")
        yield Step(number, match["who"], match["verb"], (match["what"] or "").replace("\\n", "\n"))


def pattern(expected: str) -> re.Pattern[str]:
    """The expected text with its holes as a regular expression."""
    pieces = re.split(r"\{(\*|yuan|n|code|url|ticket)\}", expected)
    return re.compile("".join(_HOLES[p] if i % 2 else re.escape(p) for i, p in enumerate(pieces)))


def fill(text: str, values: dict[str, str]) -> str:
    text = re.sub(r"\{id (\+86\d{11})\}", lambda m: id_number(m[1]), text)
    return re.sub(r"\{(code|url|named|ticket)\}", lambda m: values[m[1]], text)


def id_number(msisdn: str) -> str:
    """Of a named demo subscriber, today: it holds the birthday."""
    today = datetime.now(CHINA).date()
    return next(papers_of(one.subscriber).id_number for one in outlines(50, today) if one.subscriber.msisdn == msisdn)
