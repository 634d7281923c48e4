"""Rasa's `utter_x` is the wording's `x`: rendered from the Release, channel and language in the message's metadata."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from rasa.core.nlg.generator import NaturalLanguageGenerator

from bot.turn import current_turn
from bot.wordings import Wordings
from switchboard.codec import to_dict
from switchboard.errors import BadWording
from switchboard.model import Reply
from switchboard.wording import LANGUAGES, Wording

SALES = frozenset(
    {"change_plan", "consult_plans", "consult_promotions", "order_data_pack", "recommend_plan", "redeem_points"}
)
"""Choices that are not put to whoever is served without sales; what they ask for themselves they get."""
FEW = 2
"""So many choices whoever is served without sales gets at most, where nothing is asked."""
HUMAN, ANSWERING = "transfer_to_agent", frozenset({"affirm", "deny", "inform"})
log = structlog.get_logger()
_PREFIX = "utter_"
# What Rasa and its SDK put beside an action's values.
_NOT_VALUES = frozenset(
    {"text", "buttons", "elements", "custom", "template", "image", "attachment", "domain_responses"}
)


class WordingNlg(NaturalLanguageGenerator):  # type: ignore[misc]
    """Raises BadWording whenever it cannot render: a person never sees the name of a template or half a sentence.

    `own` is the Release that this process serves: a session that began before an upgrade asks for one that is not here
    any more, or that is older than a response of this model.
    """

    def __init__(
        self, endpoint_config: Any = None, domain: Any = None, wordings: Wordings | None = None, own: str = ""
    ) -> None:
        if wordings is None:
            from bot import served

            wordings, own = served.wordings(), served.served_release()["release"]
        self._wordings, self._own = wordings, own
        self._replaced: set[str] = set()

    async def generate(
        self, utter_action: str, tracker: Any, output_channel: str, **values: Any
    ) -> dict[str, Any] | None:
        """Rasa's draft of a message; `reply` in it is the whole Reply as a dict.

        A `language` among the values goes before the conversation's: the person has just switched it.
        """
        said = _metadata(tracker)
        language = values.get("language") or said.get("language") or "zh"
        if language not in LANGUAGES:
            raise BadWording(f"no wording in {language!r}")
        given = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
        given |= {name: value for name, value in values.items() if name not in _NOT_VALUES}
        gently = bool(values.get("no_sales"))
        # What is written for a phone says one thing at a time.
        about = utter_action.removeprefix(_PREFIX), "sms" if gently else said.get("channel") or "web", language
        reply = await self._rendered(said.get("release_id") or "", *about, {"language": language, **given})
        # Only `rasa shell` shows these; the channel passes `reply` on, whose payloads no person ever sees.
        buttons = [{"title": c.label, "payload": f"/{c.intent}{json.dumps(dict(c.entities))}"} for c in reply.choices]
        return {"text": reply.text, "buttons": buttons, "reply": to_dict(reply)}

    async def _rendered(self, release_id: str, name: str, channel: str, language: str, values: dict[str, Any]) -> Reply:
        try:
            return _put(await self.wording(release_id), name, channel, language, values)
        except BadWording as error:
            if release_id == self._own:
                raise
            reply = _put(await self.wording(self._own), name, channel, language, values)
            if release_id not in self._replaced:
                self._replaced.add(release_id)
                log.warning("own_release_speaks", asked=release_id, own=self._own, why=str(error))
            return reply

    async def wording(self, release_id: str) -> Wording:
        """The wording of a Release; a new one is read beside the loop, so that other turns go on."""
        if self._wordings.is_loaded(release_id):
            return self._wordings.get(release_id)
        return await asyncio.to_thread(self._wordings.get, release_id)


def _put(wording: Wording, name: str, channel: str, language: str, values: Mapping[str, Any]) -> Reply:
    reply = wording.render(name, channel, language, values)
    return _simply(reply, wording.listed(name, channel)) if values.get("no_sales") else reply


def _simply(reply: Reply, listed: frozenset[str]) -> Reply:
    """The same with nothing to buy among its choices, and no more than two: one, and the way to a human.

    What answers a question, or has to be confirmed, keeps all its choices. So do the things of a list that was asked
    for, of the wishes `listed`: the short wording leaves them to the choices.
    """
    things = [choice for choice in reply.choices if choice.intent in listed and choice.entities]
    kept = [choice for choice in reply.choices if choice in things or choice.intent not in SALES]
    asks = reply.quote_id or any(choice.intent in ANSWERING for choice in kept)
    if len(kept) > FEW and not asks:
        human = [choice for choice in kept if choice.intent == HUMAN][-1:]
        others = [choice for choice in kept if choice.intent != HUMAN][: FEW - len(human)]
        kept = [*(things or others), *human]
    return replace(reply, choices=tuple(replace(choice, number=n) for n, choice in enumerate(kept, 1)))


def _metadata(tracker: Any) -> Mapping[str, Any]:
    turn = current_turn.get()
    if turn is not None:
        # A session starts before its first message stands in the tracker.
        return turn.request.metadata()
    return (tracker.latest_message.metadata if tracker.latest_message else None) or {}
