"""Promotions: what one qualifies for, with its conditions; for whoever is not known, what there is and for whom."""

from __future__ import annotations

from typing import Any

from bot.actions.plan import offered
from bot.actions.shown import shows
from bot.actions.turn import Turn
from crm.model import Offering
from crm.operations import privacy, promotions
from crm.operations.elders import is_elder
from crm.operations.identify import identify
from crm.operations.promotions import Promotion
from crm.operations.results import Refusal

SHOWN = 4
SHOWN_BY_SMS = 2


async def found(turn: Turn) -> dict[str, Any]:
    """What the wording shows. Who wants no recommendations of their own gets what everybody is told.

    Raises Unavailable.
    """
    person = await identify(turn.doors, turn.who)
    if isinstance(person, Refusal) or not await privacy.may_recommend(turn.doors, turn.who):
        offerings = await promotions.kept_for_some(turn.doors, turn.who.region)
        return {**_listed(turn, [Promotion(one) for one in offerings]), "known": False, "points": 0, "reward": None}
    turn.gentle = turn.gentle or is_elder(person, turn.doors.now())
    points, reward = await promotions.reward(turn.doors, turn.who, person)
    return {
        **_listed(turn, list(await promotions.qualified(turn.doors, person, _most(turn)))),
        "known": True,
        "points": points,
        "reward": _reward(reward, turn.who.language),
    }


def _most(turn: Turn) -> int:
    return SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN


def _listed(turn: Turn, promoted: list[Promotion]) -> dict[str, Any]:
    few = promoted[: _most(turn)]
    shows(turn, [one.offering for one in few], one=len(few) == 1)
    items = [_item(one, turn.who.language) for one in few]
    return {
        "items": items,
        "plans": [item for item in items if item["is_plan"]],
        "packs": [item for item in items if not item["is_plan"]],
        "bound": turn.who.bound is not None,
    }


def _item(one: Promotion, language: str) -> dict[str, Any]:
    """An offering with the conditions that it comes with."""
    offering = one.offering
    return {
        **offered(offering, language),
        "is_plan": offering.category == "plan",
        "audience": offering.audience,
        "regional": bool(offering.regions),
        "first": one.first,
    }


def _reward(offering: Offering | None, language: str) -> dict[str, Any] | None:
    return offered(offering, language) if offering else None
