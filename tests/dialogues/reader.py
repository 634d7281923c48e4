"""Hears what the bot says without Rasa: actions run one after the other, so that thousands of answers take seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import skills, wiring
from switchboard.model import Reply
from switchboard.wording import Wording
from tests.dialogues.talk import TERMS, Talk

WORDING = Wording.load(Path(__file__).resolve().parents[2] / "content")
ACTIONS: dict[str, Action] = {
    **{skill.name(): skill for skill in skills.SKILLS.values()},
    **{form.name(): form for form in skills.FORMS},
}
NOT_VALUES = frozenset({"text", "buttons", "elements", "custom", "template", "image", "attachment", "response"})


class Reader(Talk):
    """One conversation; `turn` returns what was said in it. "told" is a description, "code" the code that was sent."""

    def __init__(self, msisdn: str | None, channel: str, language: str = "en") -> None:
        super().__init__(None, msisdn, channel)  # type: ignore[arg-type]
        self.language, self.slots, self.form = language, dict[str, Any](), ""
        self.effects: list[dict[str, Any]] = []
        self.said: list[Reply] = []

    async def turn(self, intent: str, entities: dict[str, Any]) -> list[Reply]:
        self.number, self.said = self.number + 1, []
        said = self._message(intent, dict(entities))
        wiring.install(self.doors, TERMS)
        read = bool(self.form) and await self._run(f"validate_{self.form}", said, [{"event": "user"}])
        if not read and said["intent"]["name"] in skills.SKILLS:
            await self._run(skills.SKILLS[said["intent"]["name"]].name(), said, [{"event": "user"}])
        return self.said

    def _message(self, intent: str, entities: dict[str, Any]) -> dict[str, Any]:
        text, topic = f"/{intent}", entities.pop("topic", "")
        if intent == "told":
            intent, text = "inform", "nothing works at home since yesterday evening"
        if intent == "code":
            ref = f"{self.number:016x}"
            self.vault.values[self.conversation, ref] = self.sent_code() if self.codes.sent else "000000"
            intent, text, entities = "inform", f"⟦code:{ref}⟧", {"secret_code": ref}
        read = [{"entity": name, "value": value} for name, value in entities.items()]
        name = {"name": intent, "confidence": 1.0, "topic": topic}
        metadata = self._metadata(f"m{self.number}")
        return {"intent": name, "entities": read, "text": text, "message_id": f"m{self.number}", "metadata": metadata}

    async def _run(self, action: str, said: dict[str, Any], events: list[dict[str, Any]]) -> bool:
        """Whether it did anything."""
        dispatcher, loop = CollectingDispatcher(), {"name": self.form} if self.form else {}
        tracker = Tracker(self.conversation, dict(self.slots), said, events, False, None, loop, "")
        made = await ACTIONS[action].run(dispatcher, tracker, {})
        for message in dispatcher.messages:
            if message.get("response"):
                self.said.append(self._rendered(message))
            self.effects += [message["custom"]["renji"]] if (message.get("custom") or {}).get("renji") else []
        follow = self._applied(made)
        if follow.endswith("_form"):
            self.form = follow
            await self._run(f"validate_{follow}", said, [*events, {"event": "active_loop", "name": follow}])
        return bool(made)

    def _rendered(self, message: dict[str, Any]) -> Reply:
        values = {name: value for name, value in message.items() if name not in NOT_VALUES}
        given = {name: value for name, value in self.slots.items() if value is not None}
        name = message["response"].removeprefix("utter_")
        reply = WORDING.render(name, self.channel, self.language, {"language": self.language, **given, **values})
        if reply.quote_id:
            self.quotes.show(self.conversation, reply.quote_id)
        return reply

    def _applied(self, made: list[dict[str, Any]]) -> str:
        """Keeps slots and form; the name of the action that follows."""
        follow = ""
        for event in made:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "active_loop" or (event.get("name") == "requested_slot" and not event["value"]):
                self.form = event["name"] if event["event"] == "active_loop" and event["name"] else ""
            if event["event"] == "followup":
                follow = event["name"]
        return follow
