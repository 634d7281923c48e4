"""A bare value after the wish that takes it: "那泰国呢" after roaming, "朝阳区" after the shops."""

from __future__ import annotations

import re
from typing import Any

from bot.actions import references
from bot.actions.shown import recent_wish
from bot.actions.turn import Turn

TAKES = {
    "consult_coverage": ("region",),
    "consult_roaming": ("country", "region"),
    "find_store": ("region",),
}
"""What can be asked of another place, and the values that name one."""
UNREAD = frozenset({"nlu_fallback", "out_of_scope", "inform"})
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,10}(?:省|市|区|縣|县|镇|鎮|乡|鄉|村|街道?|路|广场|廣場|附近)")
_TO_GO = re.compile("如果|要是|假如|去|到|(?:多少|几块|什么)钱?|怎么(?:样|收费|算)|如何|贵不贵|行不行|可以吗|能用吗")
"""What goes around a place that is asked about next."""


def follow_up(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """The last wish with the value that is said now, None when the message says anything else."""
    wish = str((recent_wish(turn) or {}).get("intent"))
    takes = TAKES.get(wish, ())
    said = {name: turn.entities[name] for name in takes if name in turn.entities}
    words = [words for name, _, words in turn.named if name in takes]
    if words and _points(turn.text, words):
        return wish, {**said, "place": words[0], "places": words}
    place = references.bare(turn.text)
    # A district may say more than the city that was understood of it.
    if "region" in takes and turn.intent in UNREAD and _PLACE.fullmatch(place):
        return wish, {**said, "place": place}
    return None


def _points(text: str, words: list[str]) -> bool:
    """Whether nothing but these places is named: "去日本和泰国", "英国那边多少钱"."""
    return references.points(text, *words) or references.points(_TO_GO.sub(" ", text), *words)
