"""Find what somebody means among the offerings on sale: an id, a name as people say it, a price, a volume."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from crm.model import EVERYWHERE, Category, Offering
from crm.operations.doors import Doors

TELLING = 3
"""So many characters in a row say what kind somebody means; two ("data") stand in other kinds too."""


async def on_sale(doors: Doors, category: Category, region: str = "") -> tuple[Offering, ...]:
    """In catalogue order, cheapest first. Raises Unavailable."""
    return await doors.crm.offerings(category=category, region=region, deadline=doors.read_deadline())


def find(
    offerings: Iterable[Offering], said: str | None = None, amount_fen: int | None = None, volume_kb: int | None = None
) -> tuple[Offering, ...]:
    """Those that everything said agrees with; () when nothing was said or nothing fits."""
    if not said and amount_fen is None and volume_kb is None:
        return ()
    found: Sequence[Offering] = tuple(offerings)
    if said:
        found = _named(found, said)
    if volume_kb is not None:
        found = tuple(o for o in found if _volume_kb(o) == volume_kb) or (found if said else ())
    if amount_fen is not None:
        found = tuple(o for o in found if o.price_fen == amount_fen) or (found if said else ())
    return tuple(found)


def speaks_of(words: str, offerings: Sequence[Offering], rather_than: Sequence[Offering]) -> bool:
    """Whether words that name nothing share more with the names of one kind than with those of the other."""
    shared = _longest_in_common(words, offerings)
    return shared >= TELLING and shared > _longest_in_common(words, rather_than)


def _longest_in_common(words: str, offerings: Sequence[Offering]) -> int:
    folded = _fold(words)
    return max((in_common(folded, _fold(name)) for o in offerings for name in _names(o)), default=0)


def _volume_kb(offering: Offering) -> int:
    """The volume it is known by: what can be used everywhere, else what is for one purpose or place."""
    return offering.granted("data", *EVERYWHERE) or offering.granted("data")


def in_common(one: str, other: str) -> int:
    """Characters in a row that both have."""
    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match(0, len(one), 0, len(other)).size


def _named(offerings: Sequence[Offering], said: str) -> tuple[Offering, ...]:
    folded = _fold(said)
    exact = [o for o in offerings if said == o.id or folded in {_fold(n) for n in _names(o)}]
    if exact:
        return tuple(exact)
    return tuple(o for o in offerings if any(folded in _fold(n) or _fold(n) in folded for n in _names(o)))


def _names(offering: Offering) -> tuple[str, ...]:
    return (offering.name.zh, offering.name.en, *offering.aliases)


def _fold(text: str) -> str:
    return "".join(text.casefold().split())
