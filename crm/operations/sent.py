"""Whether a message that somebody got is one of ours: it is looked for among what was really sent to their number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "sent_to_me"
WITHIN = timedelta(days=7)
"""Short enough that a number which changed hands shows nothing of the one before: it rests for three months."""
LEAST = 10
"""Characters of a message that have to be there, for a part of it to be known again."""
PASTED = 20
"""Characters from which a text is a message that was pasted, rather than a question about one."""
HIDDEN = "····"
"""Instead of a code or anything else that a message held for its reader only."""
_SECRET = re.compile(r"⟦[^⟧]*⟧")
_HIDDEN = re.compile(r"⟦(?:code|password|shown):[^⟧]*⟧|[*·•]{2,}")
_KEPT_BACK = re.compile(r"⟦(?:card|bankcard|id):")
_DOT = re.compile(r"(?<=[a-z0-9])。(?=[a-z0-9])")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s()\-‐-―_]+(?=\d)")
_TOKEN = re.compile(r"[a-z0-9]+(?:[./:@_?=&%#-]+[a-z0-9]+)*|\*|[^\W_]")
_DATE = re.compile(r"(?<!\d)20\d\d[-./]\d{1,2}[-./]\d{1,2}(?!\d)")
DATA = Path(__file__).parents[1] / "sent.yml"


@dataclass(frozen=True)
class Patterns:
    """`around` is what a question is made of, as a pattern; `asking` a text of nothing else. The others find what a
    message names: links, numbers, and whom to write to.
    """

    around: str
    asking: re.Pattern[str]
    link: re.Pattern[str]
    number: re.Pattern[str]
    name: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> Patterns:
    """Made of the words of crm/sent.yml."""
    words = YAML(typ="safe").load(DATA.read_text(encoding="utf-8"))
    around = rf"{_any(words['around'])}|[\s,.!?:;\"'“”‘’。、()【】《》]|\b(?:{_any(words['around_en'])})\b"
    return Patterns(
        around,
        re.compile(rf"(?:{around})+", re.IGNORECASE),
        re.compile(
            r"(?:https?://|www\.)[^\s,。]+"
            r"|(?<![a-z0-9-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:xn--[a-z0-9-]+|[a-z]{2,63})(?![a-z])(?:/[^\s,。]*)?"
            # A full stop stands before any word, so only names under which somebody can have an address.
            rf"|[^\W_]{{1,20}}[.。](?:{_any(words['domains'])})"
        ),
        re.compile(rf"(?<!\d)\d(?:[\s().‐-―_-]{{0,3}}\d){{4,}}(?!\d)|[{words['digits']}]{{5,}}"),
        re.compile(
            rf"(?:{_any(words['messengers'])})[^a-z0-9]{{0,4}}[a-z0-9_-]{{4,}}"
            r"|(?<![a-z0-9])(?=[a-z0-9_-]*[a-z])(?=[a-z0-9_-]*\d)[a-z0-9_-]{6,}|[^\s@]{1,64}@[^\s@]+"
        ),
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@dataclass(frozen=True)
class Sent:
    """`response` names its wording, "" for what a person at the desk wrote; `whole` is what the phone showed: with the
    carrier's signature, its link and its numbered choices.
    """

    at: datetime
    text: str
    response: str
    whole: str


@dataclass(frozen=True)
class Looked:
    """What was sent to a number, newest first; `sender` is the number it comes from. Where it is not `whole`, what is
    not among it may be ours as well.
    """

    messages: tuple[Sent, ...]
    sender: str
    msisdn: str
    whole: bool

    def same(self, text: str) -> Sent | None:
        """The message that was pasted, in whole or in part. A word more than a question around it makes it another:
        who copies ours adds just that.
        """
        pasted = _tokens(_unasked(_plain(text), self.sender))
        if len("".join(pasted)) < LEAST:
            return None
        part = _row(pasted)
        return next((one for one in self.messages if part in _row(_tokens(_plain(one.whole)))), None)

    def foreign(self, text: str) -> bool:
        """Whether it names a link, a number or whom to write to, that no message of ours has in just this form."""
        ours = {name for one in self.messages for name in _named(_plain(one.whole))}
        own = self.msisdn.removeprefix("+")
        known = ours | {self.sender, own, own.removeprefix("86")}
        return bool(_KEPT_BACK.search(text)) or any(name not in known for name in _named(_plain(text)))


def pasted(text: str) -> bool:
    """Whether there is more in it than a question."""
    return len(_patterns().asking.sub("", _SECRET.sub("", unicodedata.normalize("NFKC", text)))) >= PASTED


async def look(doors: Doors, who: Context) -> Looked | Refusal | None:
    """None where nobody knows what was sent. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    found = await doors.sent.to(person.msisdn, doors.now() - WITHIN, who.conversation)
    if found is None:
        return None
    messages = (
        # A reference said again would open what was for one reading.
        Sent(one["at"], _SECRET.sub(HIDDEN, one["text"]), one["response"], _SECRET.sub(HIDDEN, one["whole"]))
        for one in found["messages"]
    )
    return Looked(tuple(messages), doors.sent.sender, person.msisdn, found["all"])


def _plain(text: str) -> str:
    """One form for what looks alike; what was hidden is one star."""
    return _DOT.sub(".", _HIDDEN.sub("*", unicodedata.normalize("NFKC", text)).casefold())


def _unasked(plain: str, sender: str) -> str:
    """Without the question before and behind, and the number that it came from."""
    around = _patterns().around
    words = rf"(?:{around}|(?<!\d){re.escape(sender)}(?!\d))+" if sender else rf"(?:{around})+"
    begun = re.match(words, plain)
    rest = plain[begun.end() :] if begun else plain
    last = max((found.start() for found in re.finditer(words, rest) if found.end() == len(rest)), default=len(rest))
    return rest[:last]


def _tokens(plain: str) -> list[str]:
    """Signs of Chinese singly; words, numbers and links whole."""
    return _TOKEN.findall(_BETWEEN_DIGITS.sub("", plain))


def _row(tokens: list[str]) -> str:
    return f" {' '.join(tokens)} "


def _named(plain: str) -> Iterator[str]:
    """Links, numbers without what parts their digits, and names to write to."""
    undated = _DATE.sub(" ", _SECRET.sub(" ", plain))
    yield from _patterns().link.findall(undated)
    for found in _patterns().number.findall(undated):
        yield re.sub(r"\W|_", "", found)
    yield from _patterns().name.findall(undated)
