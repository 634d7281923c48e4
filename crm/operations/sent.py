"""Whether a message that somebody got is one of ours: it is looked for among what was really sent to their number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "sent_to_me"
WITHIN = timedelta(days=7)
"""Short enough that a number which changed hands shows nothing of the one before: it rests for three months."""
LIKE = 0.7
"""So much of a message's pairs of characters stand in what was pasted, or the other way round."""
PASTED = 20
"""Characters from which a text is a message that was pasted, rather than a question about one."""
_ASKING = re.compile(
    r"(?:请问|我|刚|刚才|今天|昨天|收到|一条|这条|那条|短信|信息|消息|是不是|是|你们|官方|发来?的?|给我|真的|假的|帮|核实|一下|吗|么|不|[?？])+"
    r"|\b(?:is|this|that|was|did|you|a|the|text|sms|message|from|real|me|send|sent|i|got|it)\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s，。]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,6}\b(?:/[^\s，。]*)?", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\d.])\+?\d{5,21}(?![\d.])")
_SECRET = re.compile(r"⟦[^⟧]*⟧")


@dataclass(frozen=True)
class Sent:
    """`response` names its wording, "" for what a person at the desk wrote."""

    at: datetime
    text: str
    response: str


@dataclass(frozen=True)
class Looked:
    """What was sent to a number, newest first; `sender` is the number it comes from."""

    messages: tuple[Sent, ...]
    sender: str
    msisdn: str

    def same(self, text: str) -> Sent | None:
        """The message that was pasted, in whole or in part."""
        asked = _grams(_ASKING.sub("", _SECRET.sub("", text)))
        return next((one for one in self.messages if _alike(asked, _grams(one.text))), None)

    def foreign(self, text: str) -> bool:
        """Whether it names a link, or a number, that no message of ours has: who copies ours changes just that."""
        ours = " ".join((*(one.text for one in self.messages), self.msisdn)).casefold()
        plain = _SECRET.sub("", unicodedata.normalize("NFKC", text)).casefold()
        numbers = [number for number in _NUMBER.findall(plain) if not number.startswith(self.sender)]
        return any(one not in ours for one in (*_LINK.findall(plain), *numbers))


def pasted(text: str) -> bool:
    """Whether there is more in it than a question."""
    return len("".join(_ASKING.sub("", _SECRET.sub("", text)).split())) >= PASTED


async def look(doors: Doors, who: Context) -> Looked | Refusal | None:
    """None where nobody knows what was sent. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    found = await doors.sent.to(person.msisdn, doors.now() - WITHIN)
    if found is None:
        return None
    messages = (Sent(one["at"], one["text"], one["response"]) for one in found)
    return Looked(tuple(messages), doors.sent.sender, person.msisdn)


def _grams(text: str) -> frozenset[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))


def _alike(asked: frozenset[str], ours: frozenset[str]) -> bool:
    shorter: Sequence[str] | frozenset[str] = min(asked, ours, key=len)
    return len(shorter) >= PASTED // 2 and len(asked & ours) >= LIKE * len(shorter)
