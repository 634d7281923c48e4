"""What one person wrote, and what the channel took for them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_OURS = re.compile(r"(?P<cause>.+)/(?P<what>[^/]+)")
EARLY = "early"


@dataclass
class Talk:
    """Ids in the order in which the channel took them, and what came, in its order, with what came twice.

    `shown` are texts of a channel that carries no ids of ours; `name_shown` finds the ids afterwards.
    """

    who: str
    channel: str = "sms"
    conversation: str = ""
    accepted: list[str] = field(default_factory=list)
    at: dict[str, float] = field(default_factory=dict)
    heard: list[tuple[str, float]] = field(default_factory=list)
    shown: list[tuple[str, float]] = field(default_factory=list)

    def took(self, message: str) -> None:
        self.accepted.append(message)
        self.at[message] = time.monotonic()

    def hears(self, outbound: str) -> None:
        self.heard.append((outbound, time.monotonic()))

    def sees(self, text: str) -> None:
        self.shown.append((text, time.monotonic()))

    def answered(self) -> dict[str, float]:
        """Which messages were answered, in the order of their first answer, and when. "One moment" is no answer."""
        return self._first(lambda what: what != EARLY)

    def first_words(self) -> dict[str, float]:
        """When each message was first answered or told "one moment"."""
        return self._first(lambda what: True)

    def repeats(self) -> list[tuple[str, float]]:
        """What came once more after it had come."""
        seen: set[str] = set()
        again = []
        for outbound, at in self.heard:
            if outbound in seen:
                again.append((outbound, at))
            seen.add(outbound)
        return again

    def name_shown(self, out: Sequence[tuple[str, str]]) -> None:
        """`out` are (id, text) of what was said to this person, in order, one on its way at a time: so what is shown
        is the next message, or the last one once more; anything else is out of order."""
        place = -1
        for text, at in self.shown:
            # A link stands in a line of its own behind the text.
            found = _find(out, text.partition("\n<a ")[0], place)
            place = place if found is None else found
            self.heard.append((f"unknown text {text[:40]}" if found is None else out[found][0], at))
        self.shown = []

    def unveil(self, names: Mapping[str, str]) -> None:
        """`names` are ids by what a page sees instead where it did not ask itself, or long ago."""
        self.heard = [(names.get(outbound, outbound), at) for outbound, at in self.heard]

    def _first(self, counts) -> dict[str, float]:  # type: ignore[no-untyped-def]
        found: dict[str, float] = {}
        for outbound, at in self.heard:
            match = _OURS.fullmatch(outbound)
            if match and counts(match["what"]):
                found.setdefault(match["cause"], at)
        return found


def _find(out: Sequence[tuple[str, str]], text: str, place: int) -> int | None:
    """Where `text` stands: next, here, then further on, then before."""
    order = [place + 1, place, *range(place + 2, len(out)), *range(place - 1, -1, -1)]
    return next((n for n in order if 0 <= n < len(out) and out[n][1] == text), None)


def in_order(talk: Talk, answered: Iterable[str]) -> bool:
    place = {message: n for n, message in enumerate(talk.accepted)}
    places = [place[message] for message in answered if message in place]
    return places == sorted(places)
