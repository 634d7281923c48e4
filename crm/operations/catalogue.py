"""Find what somebody means among the offerings on sale: an id, a name as people say it, a price, a volume."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from crm.model import Category, Offering
from crm.operations.doors import Doors


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
        found = tuple(o for o in found if o.granted("data") == volume_kb) or (found if said else ())
    if amount_fen is not None:
        found = tuple(o for o in found if o.price_fen == amount_fen) or (found if said else ())
    return tuple(found)


def generic(offerings: Sequence[Offering], words: str) -> bool:
    """Whether words that were read as one offering fit others as well: "a data pack" is part of many names."""
    folded = _fold(words)
    if not folded or any(folded == _fold(name) for o in offerings for name in _names(o)):
        return False
    common = sorted((max(_in_common(folded, _fold(name)) for name in _names(o)) for o in offerings), reverse=True)
    return len(common) > 1 and common[0] > 1 and common[0] == common[1]


def _in_common(one: str, other: str) -> int:
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
