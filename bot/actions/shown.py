"""What a conversation was about a moment ago: the last wish, and what was listed last. After FRESH it is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions.references import Pick
from bot.actions.turn import Event, Turn
from crm.model import Offering

FRESH = timedelta(minutes=10)
MOST = 3
BEST = frozenset({"cheapest", "dearest", "most_data", "least_data"})
"""The others are as seen from the one that was shown by itself."""
Item = Mapping[str, Any]
"""An offering's id, its price as `fen` and its data as `kb`."""


@dataclass(frozen=True)
class Shown:
    """What was listed last, in order; `one` is the id that was shown by itself since then, "" for none."""

    kind: str
    items: tuple[Item, ...]
    one: str = ""
    at: str = ""
    """When, as ISO text."""

    def it(self) -> Item | None:
        """What "it" is."""
        if len(self.items) == 1:
            return self.items[0]
        return next((item for item in self.items if item["id"] == self.one), None)


def recent_wish(turn: Turn) -> dict[str, Any] | None:
    """The last wish, while it is fresh."""
    wish: dict[str, Any] = turn.slot("wish") or {}
    return wish if wish.get("intent") and is_fresh(turn, wish.get("at")) else None


def code_is_old(turn: Turn) -> bool:
    """Whether a form waits for a code that has long expired."""
    return turn.slot("requested_slot") == "code" and bool(turn.slot("wish")) and recent_wish(turn) is None


def recent_shown(turn: Turn) -> Shown | None:
    """What was listed last, while it is fresh."""
    shown = turn.slot("shown") or {}
    if not shown.get("items") or not is_fresh(turn, shown.get("at")):
        return None
    return Shown(shown["kind"], tuple(shown["items"]), shown.get("one") or "", str(shown["at"]))


def shows(turn: Turn, offerings: Sequence[Offering], one: bool = False) -> None:
    """Keeps what this turn lists. `one`: by itself, out of what was listed before if it was part of that."""
    if not offerings:
        return
    items: Sequence[Item] = [item_of(offering) for offering in offerings]
    only = items[0]["id"] if one else ""
    before = recent_shown(turn) if one else None
    if before and only in {item["id"] for item in before.items}:
        items = before.items
    kind = "plan" if offerings[0].category == "plan" else "pack"
    turn.events.append(listed(turn, kind, items, only))


def listed(turn: Turn, kind: str, items: Sequence[Item], one: str = "") -> Event:
    """Keeps exactly these as what was listed last."""
    return SlotSet("shown", {"kind": kind, "items": list(items), "one": one, "at": turn.doors.now().isoformat()})


def forget(turn: Turn) -> list[Event]:
    """From now on nothing came before; "again" still finds the last wish."""
    wish = turn.slot("wish")
    return [SlotSet("shown", None), *([SlotSet("wish", {**wish, "at": ""})] if wish else [])]


def meant(pick: Pick, shown: Shown, catalogue: Sequence[Item]) -> list[Item]:
    """Which of a list; as seen from the one that was shown by itself, its neighbour in the catalogue.

    More than one when it has to be asked which; none when there is none like that.
    """
    if pick.nth:
        place = pick.nth - 1 if pick.nth > 0 else len(shown.items) - 1
        return [shown.items[place]] if place < len(shown.items) else []
    one, among = shown.it(), catalogue if len(shown.items) == 1 else shown.items
    if pick.order == "middle":
        half = len(among) // 2
        return list(among[half : half + 1] if len(among) % 2 else among[half - 1 : half + 1])
    if one and pick.order not in BEST:
        return further(pick, one, catalogue)[:1]
    # "便宜点的" of those on the screen is the cheapest of them.
    return ranked(pick, among)[:1]


def ranked(pick: Pick, items: Sequence[Item]) -> list[Item]:
    """Those that fit best first."""
    key, sign = _measure(pick)
    return sorted(items, key=lambda item: sign * item[key])


def further(pick: Pick, one: Item, catalogue: Sequence[Item]) -> list[Item]:
    """All that are cheaper than one (or dearer, with more data), the nearest first."""
    key, sign = _measure(pick)
    return ranked(pick, [item for item in catalogue if sign * item[key] < sign * one[key]])[::-1]


def _measure(pick: Pick) -> tuple[str, int]:
    if "data" in pick.order:
        return "kb", 1 if pick.order.startswith("least") else -1
    return "fen", 1 if pick.order.startswith("cheap") else -1


def item_of(offering: Offering) -> Item:
    """As it is kept."""
    return {"id": offering.id, "fen": offering.price_fen, "kb": offering.granted("data")}


def is_fresh(turn: Turn, at: Any) -> bool:
    """Whether a moment, as ISO text, is not longer ago than FRESH."""
    return bool(at) and turn.doors.now() - datetime.fromisoformat(str(at)) <= FRESH
