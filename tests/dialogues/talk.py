"""Talk with the bot in this process: a trained dialogue model, the actions, a fake CRM, the real wording.

What a person means is given as intent and entities; understanding has tests of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import rasa.model_training
import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa_sdk.executor import ActionExecutor

from bot import rasa_patch
from bot.actions import skills, wiring
from bot.actions.terms import Terms
from bot.nlg import WordingNlg, Wordings
from crm.fake import FakeCrm
from crm.fake_payments import FakePayments
from crm.operations.doors import Doors
from crm.operations.fake import (
    FakeAsking,
    FakeBindings,
    FakeCodeSender,
    FakeIncidents,
    FakeLocks,
    FakeNotifier,
    FakeOnce,
    FakeQuotes,
    FakeReminders,
    FakeSent,
    FakeStepUps,
    FakeVault,
)
from crm.operations.gate import Gate, all_on
from crm.operations.ports import Tell, tell_nobody

ROOT = Path(__file__).resolve().parents[2]
TERMS = Terms.load(ROOT / "content")
NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)
CONFIG = """
recipe: default.v1
assistant_id: renji
language: zh
importers:
- name: bot.importer.RenjiImporter
  content: {content}
pipeline: []
policies:
- name: RulePolicy
  core_fallback_threshold: 0.3
  core_fallback_action_name: action_default_fallback
  enable_fallback_prediction: true
"""


def train(directory: Path) -> str:
    """A model of the rules only; the path of its archive."""
    config = directory / "config.yml"
    config.write_text(CONFIG.format(content=ROOT / "content"), encoding="utf-8")
    path = rasa.model_training.train_core(
        str(ROOT / "domain.yml"), str(config), str(ROOT / "data" / "rules"), str(directory)
    )
    assert path is not None
    return path


class InProcess:
    """Stands for the action server's address: runs the action here."""

    url = "in-process"

    def __init__(self) -> None:
        self.kwargs = {"enable_selective_domain": True}
        self.headers: dict[str, str] = {}
        self.executor = ActionExecutor()
        for skill in (*skills.SKILLS.values(), *skills.FORMS, skills.SESSION):
            self.executor.register_action(skill)

    async def request(self, json: dict[str, Any], **_: Any) -> Any:
        result = await self.executor.run(json)
        assert result is not None, json["next_action"]
        return dict(result)


class Kept(OutputChannel):  # type: ignore[misc]
    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.said: list[dict[str, Any]] = []

    def name(self) -> str:  # type: ignore[override]
        return self.channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.said.append(message)


@dataclass
class Heard:
    """What one turn said and asked of the switchboard."""

    texts: list[str] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    menus: dict[str, list[str]] = field(default_factory=dict)
    effects: list[dict[str, Any]] = field(default_factory=list)

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return [(e["outcome"]["wish"], e["outcome"]["how"]) for e in self.effects if "outcome" in e]

    def effect(self, name: str) -> Any:
        """The last effect of that name."""
        return next((e[name] for e in reversed(self.effects) if name in e), None)


class Talk:
    """One conversation. `bound` is what the channel proved; `show` false keeps quotes from counting as shown."""

    count = 0

    def __init__(self, agent: Agent, msisdn: str | None = "+8613800000000", channel: str = "web") -> None:
        Talk.count += 1
        self.agent, self.channel, self.conversation = agent, channel, f"{channel}:{Talk.count}"
        self.now = NOON
        self.crm = FakeCrm.demo(self.clock)
        self.quotes, self.bindings, self.codes = FakeQuotes(), FakeBindings(), FakeCodeSender()
        self.vault, self.stepups, self.once = FakeVault(), FakeStepUps(self.clock), FakeOnce()
        self.notices = FakeNotifier()
        self.payments = FakePayments(self.crm, self.clock)
        self.language, self.region, self.show, self.number = "zh", "zj", True, 0
        self.gate: Gate = all_on
        self.tell: Tell = tell_nobody
        self.incidents, self.reminders = FakeIncidents(), FakeReminders()
        self.locks, self.sent, self.asking = FakeLocks(self.clock), FakeSent(), FakeAsking()
        self.binding: dict[str, str] | None = None
        if msisdn:
            self.binding = {"msisdn": msisdn, "subscriber_id": self.crm.subscribers[msisdn].id}

    def clock(self) -> datetime:
        return self.now

    def doors(self) -> Doors:
        return Doors(
            crm=self.crm,
            payments=self.payments,
            quotes=self.quotes,
            stepups=self.stepups,
            vault=self.vault,
            bindings=self.bindings,
            codes=self.codes,
            once=self.once,
            now=self.clock,
            gate=self.gate,
            notices=self.notices,
            tell=self.tell,
            locks=self.locks,
            sent=self.sent,
            asking=self.asking,
            # A loaded machine is no CRM that does not answer.
            read_s=60,
            write_s=60,
            incidents=self.incidents,
            reminders=self.reminders,
        )

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def sent_code(self) -> str:
        return self.codes.sent[-1][1]

    def packs(self) -> list[str]:
        """What the number has ordered, by offering."""
        number = (self.binding or {}).get("msisdn")
        return [o.items[0].offering_id for o in self.crm.all_orders.values() if o.msisdn == number]

    async def say(self, intent: str, text: str = "", message_id: str = "", **more: Any) -> Heard:
        """One turn. `more`: entities, or topic, parts, ranking of the understanding, spans (the words of an entity)."""
        wiring.install(self.doors, TERMS)
        self.number += 1
        parsed = {name: more.pop(name) for name in ("parts",) if name in more}
        named = {"name": intent, "confidence": 1.0, "topic": more.pop("topic", "")}
        readings = more.pop("ranking", ())
        sure = readings if isinstance(readings, dict) else dict.fromkeys(readings, 0.1)
        ranking = [named, *({"name": name, "confidence": p} for name, p in sure.items())]
        spans = more.pop("spans", {})
        entities = []
        for name, value in more.items():
            several = isinstance(spans.get(name), tuple)
            for one, words in zip(value, spans[name], strict=True) if several else ((value, spans.get(name, "")),):
                start = text.index(words)
                entities.append({"entity": name, "value": one, "start": start, "end": start + len(words)})
        entities.sort(key=lambda entity: entity["start"])
        parsed |= {"text": text, "intent": named, "entities": entities, "intent_ranking": ranking}
        channel = Kept(self.channel)
        await self.agent.handle_message(
            UserMessage(
                text or f"/{intent}",
                channel,
                self.conversation,
                parse_data=parsed,
                input_channel=self.channel,
                message_id=message_id or f"m{self.number}",
                metadata=self._metadata(message_id or f"m{self.number}"),
            )
        )
        bound = self.bindings.bound.get(self.conversation)
        if bound:
            self.binding = {"msisdn": bound[0], "subscriber_id": bound[1]}
        return self._heard(channel.said)

    async def code(self, digits: str, intent: str = "inform", **more: Any) -> Heard:
        """Type a code that masking cut out."""
        ref = f"ref{self.number}"
        self.vault.values[self.conversation, ref] = digits
        return await self.say(intent, f"⟦code:{ref}⟧", secret_code=ref, **more)

    async def card(self, digits: str, intent: str = "inform") -> Heard:
        """Type a recharge card that masking cut out."""
        ref = f"ref{self.number}"
        self.vault.values[self.conversation, ref] = digits
        return await self.say(intent, f"⟦card:{ref}⟧", secret_card=ref)

    def _metadata(self, message_id: str) -> dict[str, Any]:
        return {
            "conversation": self.conversation,
            "message_id": message_id,
            "channel": self.channel,
            "language": self.language,
            "region": self.region,
            "binding": self.binding,
            "release_id": "",
        }

    def _heard(self, said: list[dict[str, Any]]) -> Heard:
        heard = Heard()
        for message in said:
            if (message.get("custom") or {}).get("renji"):
                heard.effects.append(message["custom"]["renji"])
                continue
            reply = message["reply"]
            heard.texts.append(reply["text"])
            heard.responses.append(reply["response"])
            heard.choices = list(reply.get("choices") or ())
            heard.labels = [c["label"] for c in heard.choices]
            heard.menus[reply["response"]] = heard.labels
            if reply.get("quote_id") and self.show:
                self.quotes.show(self.conversation, reply["quote_id"])
        return heard


def load(model: str) -> Agent:
    """The model with the actions in this process."""
    # Rasa's debug log would print every state of every turn.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rasa_patch.install()
    agent = Agent.load(model, action_endpoint=InProcess())
    agent.nlg = WordingNlg(wordings=Wordings(ROOT / "var" / "none", ROOT / "content"))
    agent.processor.nlg = agent.nlg
    return agent
