"""What one turn costs the Rasa process, by part: as Rasa does it, and as it is done here.

    python -m bench.turn_cost

Both sides run the live Release (`python -m bot.release build`) with our channel, wording and tracker store, a tracker
in memory and an action server that answers at once; each in a process of its own, in turns, the lesser figure counts.
CPU time, so that a busy machine shows little; Redis and HTTP to the worker are in bench/turns.py.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from functools import wraps
from types import SimpleNamespace
from typing import Any

import psutil
from aiohttp import web

from switchboard import logs
from tests.ports import free_port
from tests.unit.bot.tiny import MemoryTrackers

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
    "PYTHONWARNINGS": "ignore",
}
TURNS = 40
ROUNDS = 2
ANSWER = {
    "events": [{"event": "slot", "name": "misses", "value": 0}],
    "responses": [{"response": "utter_stopped"}, {"custom": {"renji": {"outcome": {"wish": "x", "how": "done"}}}}],
}
NEW_SESSION = {"events": [{"event": "session_started"}, {"event": "action", "name": "action_listen"}], "responses": []}


def serve(port: int) -> None:
    """The action server: another process, so that its CPU is not counted."""

    async def webhook(request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response(NEW_SESSION if asked["next_action"] == "action_session_start" else ANSWER)

    app = web.Application(client_max_size=2**24)
    app.router.add_post("/webhook", webhook)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


class Parts:
    """CPU milliseconds by part of a turn; a part inside another one is not counted twice."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open: list[float] = []

    def of(self, owner: Any, name: str, part: str) -> None:
        """Count what this method takes, asynchronous or not."""
        method = getattr(owner, name)

        @wraps(method)
        def counted(*args: Any, **kwargs: Any) -> Any:
            began = self._begin()
            result = method(*args, **kwargs)
            if asyncio.iscoroutine(result):
                return self._awaited(result, part, began)
            self._end(part, began)
            return result

        setattr(owner, name, counted)

    async def _awaited(self, waiting: Any, part: str, began: float) -> Any:
        try:
            return await waiting
        finally:
            self._end(part, began)

    def _begin(self) -> float:
        self._open.append(0.0)
        return time.process_time()

    def _end(self, part: str, began: float) -> None:
        took = (time.process_time() - began) * 1000
        self.spent[part] += took - self._open.pop()
        if self._open:
            self._open[-1] += took


class Bench:
    """One bot with the live Release in this process."""

    def __init__(self, actions_url: str, ours: bool) -> None:
        from rasa.core.agent import Agent
        from rasa.utils.endpoints import EndpointConfig

        from bot import rasa_patch
        from bot.action_calls import ActionServer
        from bot.channel import RenjiInput
        from bot.nlg import WordingNlg
        from bot.served import settings, wordings
        from bot.tracker_store import RenjiTrackerStore

        rasa_patch.install(ActionServer(actions_url, "token") if ours else None)
        releases = settings().var / "releases"
        live = (releases / "live").read_text(encoding="utf-8").strip()
        self._agent = Agent.load(
            str(releases / live / "model.tar.gz"),
            generator=WordingNlg(wordings=wordings()),
            tracker_store=RenjiTrackerStore(None, MemoryTrackers("lease")),
            action_endpoint=EndpointConfig(url=f"{actions_url}/webhook"),
        )
        self._channel = RenjiInput("token", {"release": live, "model": ""})
        self._asked = 0

    async def ask(self, conversation: str) -> None:
        self._asked += 1
        body: dict[str, Any] = {
            "conversation": conversation,
            "message_id": f"web:{self._asked}",
            "token": "lease",
            "channel": "web",
            "received_at": "2026-11-21T12:00:00+00:00",
            "text": "查话费",
        }
        context = SimpleNamespace(agent=self._agent)
        status, told = await self._channel.turn(context, "Bearer token", json.dumps(body).encode())
        if status != 200:
            raise RuntimeError(f"{status}: {told}")

    async def cost_ms(self, conversation: str, before: int) -> float:
        """CPU milliseconds a turn, after `before` other turns of the conversation."""
        for _ in range(before):
            await self.ask(conversation)
        began = time.process_time()
        for _ in range(TURNS):
            await self.ask(conversation)
        return (time.process_time() - began) / TURNS * 1000

    def count(self, parts: Parts) -> None:
        from rasa.core.actions.action import RemoteAction

        processor = self._agent.processor
        parts.of(processor, "parse_message", "understanding")
        parts.of(processor, "_predict_next_with_tracker", "predicting")
        parts.of(RemoteAction, "run", "calling the action, wording its answer")
        parts.of(processor, "get_tracker", "loading the conversation")
        parts.of(processor, "save_tracker", "storing the turn")


def as_rasa_does_it() -> None:
    """Undo what is done here about the cost, before Rasa is patched; what makes a failure safe stays."""
    import jsonschema
    from rasa.core.policies.rule_policy import RulePolicy

    from bot import policies, rasa_patch, rasa_patch_cost, tracker_store

    def validated(self: Any, answer: Any) -> bool:
        jsonschema.validate(answer, self.action_response_format_spec())
        return True

    rasa_patch_cost.install = lambda: None
    rasa_patch.cache = lambda function: function  # type: ignore[return-value]
    rasa_patch._validate_action_result = validated
    policies.RuleLookup.load = classmethod(RulePolicy.load.__func__)
    tracker_store.TURNS = tracker_store.FORM_TURNS


async def measured(actions_url: str, ours: bool) -> dict[str, float]:
    began = time.process_time()
    if not ours:
        as_rasa_does_it()
    bench = Bench(actions_url, ours)
    figures = {"CPU s to start": time.process_time() - began}
    await bench.cost_ms("web:warm", 10)
    gc.collect()
    if ours:
        gc.freeze()
    figures["a turn, 25 before it"] = await bench.cost_ms("web:a", 25)
    figures["a turn, 125 before it"] = await bench.cost_ms("web:a", 60)
    parts = Parts()
    bench.count(parts)
    whole = await bench.cost_ms("web:b", 25)
    each = {f"  {part}": spent / (TURNS + 25) for part, spent in sorted(parts.spent.items(), key=lambda p: -p[1])}
    figures |= {**each, "  the rest": whole - sum(each.values())}
    return {**figures, "MB of memory": psutil.Process().memory_info().rss / 2**20}


def child(port: int, ours: bool) -> dict[str, float]:
    side = "--ours" if ours else "--rasas"
    words = [sys.executable, "-m", "bench.turn_cost", side, str(port)]
    done = subprocess.run(words, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compare() -> None:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.turn_cost", "--serve", str(port)], env=os.environ | QUIET)
    try:
        runs = [(child(port, False), child(port, True)) for _ in range(ROUNDS)]
    finally:
        server.kill()
        server.wait()
    rasas, ours = ({name: min(run[side][name] for run in runs) for name in runs[0][side]} for side in (0, 1))
    print(f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'CPU ms of the Rasa process':<42}{'Rasa':>8}{'here':>8}{'ratio':>8}")
    for name in ours:
        print(f"{name:<42}{rasas[name]:>8.2f}{ours[name]:>8.2f}{rasas[name] / max(ours[name], 0.01):>8.1f}")


def main(arguments: list[str]) -> None:
    os.environ.update(QUIET)
    logs.configure("bench", "warning")
    if not arguments:
        compare()
    elif arguments[0] == "--serve":
        serve(int(arguments[1]))
    else:
        ours = arguments[0] == "--ours"
        if ours:
            from bot import light

            light.install()
        import uvloop

        uvloop.install()
        print(json.dumps(asyncio.run(measured(f"http://127.0.0.1:{arguments[1]}", ours))))


if __name__ == "__main__":
    main(sys.argv[1:])
