"""A tiny assistant: real Rasa, a model of a few rules, an action server and a Trackers double of our own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from switchboard.errors import NotReachable, TurnConflict

CONFIG = """
recipe: default.v1
assistant_id: tiny
language: zh
pipeline:
  - name: KeywordIntentClassifier
  - name: FallbackClassifier
    threshold: 0.3
policies:
  - name: MemoizationPolicy
  - name: RulePolicy
"""
DOMAIN = """
version: "3.1"
intents: [greet, balance, boom, order, inform, nlu_fallback, event_timer]
entities: [number, secret_code]
slots:
  amount:
    type: any
    mappings:
      - type: from_entity
        entity: number
  code:
    type: any
    mappings:
      - type: from_entity
        entity: secret_code
  customer:
    type: any
    influence_conversation: false
    mappings: [{type: custom}]
forms:
  order_form:
    required_slots: [amount, code]
actions:
  [utter_greet, utter_unclear, utter_ask_amount, utter_ask_code, utter_done,
   action_balance, action_boom, action_timer]
responses:
  utter_greet: [{text: x}]
  utter_unclear: [{text: x}]
  utter_ask_amount: [{text: x}]
  utter_ask_code: [{text: x}]
  utter_done: [{text: x}]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: false}
"""
DATA = """
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - 你好
      - 您好
  - intent: balance
    examples: |
      - 余额
      - 查余额
  - intent: boom
    examples: |
      - 爆炸
      - 坏了
  - intent: order
    examples: |
      - 办套餐
      - 办理
rules:
  - rule: greet
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: balance
    steps: [{intent: balance}, {action: action_balance}]
  - rule: boom
    steps: [{intent: boom}, {action: action_boom}]
  - rule: timer
    steps: [{intent: event_timer}, {action: action_timer}]
  - rule: fallback
    steps: [{intent: nlu_fallback}, {action: utter_unclear}]
  - rule: order
    steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
  - rule: ordered
    condition: [{active_loop: order_form}]
    steps: [{action: order_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_done}]
"""
CONTENT = """
greet: {zh: "您好，我是机器人。", en: "Hello, I am a machine."}
unclear: {zh: "没听懂。", en: "I did not understand."}
ask_amount: {zh: "多少？", en: "How much?"}
ask_code: {zh: "验证码？", en: "Code?"}
done: {zh: "好的，{{ amount }}元。", en: "Done, {{ amount }}."}
balance:
  zh: "余额{{ balance_fen | yuan }}元。"
  en: "Your balance is ¥{{ balance_fen | yuan }}."
  choices:
    - {zh: 充值, en: Top up, intent: order, entities: {number: "{{ balance_fen }}"}}
"""


def write(directory: Path) -> Path:
    """The project's files; returns the directory."""
    (directory / "data").mkdir(parents=True)
    (directory / "content" / "responses").mkdir(parents=True)
    (directory / "config.yml").write_text(CONFIG, encoding="utf-8")
    (directory / "domain.yml").write_text(DOMAIN, encoding="utf-8")
    (directory / "data" / "all.yml").write_text(DATA, encoding="utf-8")
    (directory / "content" / "responses" / "all.yml").write_text(CONTENT, encoding="utf-8")
    return directory


def train(directory: Path) -> str:
    """Train in this process; returns the model's path."""
    from rasa.model_training import train as rasa_train

    result = rasa_train(
        str(directory / "domain.yml"),
        str(directory / "config.yml"),
        [str(directory / "data")],
        output=str(directory / "models"),
        force_training=True,
    )
    return str(result.model)


class MemoryTrackers:
    """The port `Trackers` in memory. `away` makes it unreachable, `lease` is the token that may append."""

    def __init__(self, lease: str = "lease") -> None:
        self.lease = lease
        self.away = False
        self.turns: dict[str, list[list[dict[str, Any]]]] = {}
        self.results: dict[tuple[str, str], dict[str, Any]] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}

    async def result(self, conversation: str, message_id: str) -> dict[str, Any] | None:
        self._reach()
        return self.results.get((conversation, message_id))

    async def load(
        self, conversation: str, turns: int = 20, read: Callable[[bytes], Sequence[Any]] = json.loads
    ) -> tuple[dict[str, Any] | None, list[Any], int]:
        self._reach()
        stored = self.turns.get(conversation, [])
        latest = [event for turn in stored[-turns:] for event in read(json.dumps(turn).encode())]
        return self.snapshots.get(conversation), latest, sum(map(len, stored))

    async def begin(
        self, conversation: str, message_id: str, turns: int, read: Callable[[bytes], Sequence[Any]] = json.loads
    ) -> tuple[dict[str, Any] | None, tuple[dict[str, Any] | None, list[Any], int]]:
        return await self.result(conversation, message_id), await self.load(conversation, turns, read)

    async def append(
        self,
        conversation: str,
        message_id: str,
        token: str,
        loaded: int,
        events: Sequence[Mapping[str, Any]],
        snapshot: Mapping[str, Any] | None,
        result: Mapping[str, Any],
    ) -> None:
        self._reach()
        count = sum(map(len, self.turns.get(conversation, [])))
        if token != self.lease or loaded != count or (conversation, message_id) in self.results:
            raise TurnConflict("conflict")
        self.turns.setdefault(conversation, []).append(json.loads(json.dumps(events)))
        self.snapshots[conversation] = dict(snapshot or {})
        self.results[conversation, message_id] = json.loads(json.dumps(result))

    def _reach(self) -> None:
        if self.away:
            raise NotReachable("Redis is away")


class ActionServer:
    """Answers the action calls of Rasa. `answer` is what any action does next; `calls` holds what was sent."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.status = 200
        self.answer: dict[str, Any] = {"events": [], "responses": []}
        self.delay_s = 0.0
        self.url = ""

    async def webhook(self, request: web.Request) -> web.Response:
        import asyncio

        self.calls.append(await request.json())
        self.authorizations.append(request.headers.get("Authorization"))
        await asyncio.sleep(self.delay_s)
        return web.json_response(self.answer, status=self.status)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/webhook", self.webhook)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield
        finally:
            await runner.cleanup()
