"""Known outages: told in place of a ticket to whoever reports what they explain; one word when it works again."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import incidents

OTHER_FAULT = "other_fault"
"""What the choice "mine is different" says: then a known outage is no answer."""
SERVICE_OF: Mapping[str, str] = {
    "没有信号": "signal",
    "上网慢或不能上网": "data",
    "打不了电话": "voice",
    "收不到短信或验证码": "sms",
}
"""The kinds of fault that the form offers, by the service that fails."""


async def explained(turn: Turn, wish: str, service: str) -> bool:
    """Whether a known outage was told. If there is none the fault counts for its place. Raises Unavailable."""
    if await outage_told(turn, wish, service):
        return True
    place = await _place(turn)
    if place is not None and service:
        await turn.doors.incidents.report(turn.who.conversation, place.region, place.city, service)
    return False


async def outage_told(turn: Turn, wish: str, service: str) -> bool:
    """Whether one is known where somebody is or asks about, and was told. Raises Unavailable."""
    place = await _place(turn)
    outage = await incidents.known(turn.doors, place, service, turn.who.language) if place and service else None
    if outage is None:
        return False
    values = {"words": outage.words, "since": outage.since, "until": outage.until, "late": outage.late}
    turn.say("incident_known", incident=outage.id, **values)
    turn.outcome(wish, "answered")
    return True


async def _place(turn: Turn) -> incidents.Place | None:
    said = str(turn.entities.get("region") or "")
    return await incidents.place_of(turn.doors, turn.who, said, turn.words.get("region", ""))


class FollowIncident(Skill):
    """The choice under a known outage."""

    wish = "event_follow_incident"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        incident = str(turn.entities.get("option") or "")
        open_still = await turn.doors.incidents.follow(turn.who.conversation, incident, turn.who.language)
        turn.say("incident_followed" if open_still else "incident_over")
        return []
