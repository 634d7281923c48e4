"""What one turn costs the Rasa process: CPU with and without our patches, early and late in a conversation.

    python -m bench.turn_cost

Uses the live Release (`python -m bot.release build`), a tracker in memory and an action server that answers at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from switchboard import logs
from tests.stack import free_port
from tests.unit.bot.tiny import MemoryTrackers

QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
TURNS = 60
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


class Bench:
    """One conversation with the bot of the live Release."""

    def __init__(self, actions_url: str) -> None:
        from rasa.core.agent import Agent
        from rasa.utils.endpoints import EndpointConfig

        from bot import rasa_patch
        from bot.channel import RenjiInput
        from bot.nlg import WordingNlg
        from bot.process import settings, wordings
        from bot.tracker_store import RenjiTrackerStore

        rasa_patch.install(actions_url, "token")
        releases = settings().var / "releases"
        live = (releases / "live").read_text(encoding="utf-8").strip()
        agent = Agent.load(
            str(releases / live / "model.tar.gz"),
            generator=WordingNlg(wordings=wordings()),
            tracker_store=RenjiTrackerStore(None, MemoryTrackers("lease")),
            action_endpoint=EndpointConfig(url=f"{actions_url}/webhook"),
        )
        self._channel = RenjiInput("token", {"release": live, "model": ""})
        self._context = SimpleNamespace(agent=agent)
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
        status, told = await self._channel.turn(self._context, "Bearer token", json.dumps(body).encode())
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


async def measure(actions_url: str) -> None:
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.events import Event

    bench = Bench(actions_url)
    rows = [
        ("20 turns before", await bench.cost_ms("web:a", 25)),
        ("300 turns before", await bench.cost_ms("web:a", 215)),
    ]
    with_schema = _swap(RemoteAction, "_validate_action_result", _compile_each_time)
    rows.append(("without the cached schema", await bench.cost_ms("web:b", 25)))
    with_schema()
    with_classes = _swap(Event, "resolve_by_type", staticmethod(Event.resolve_by_type.__wrapped__))
    rows.append(("without the cached event classes", await bench.cost_ms("web:c", 25)))
    with_classes()
    print(f"{'CPU of the Rasa process':<36}{'ms a turn':>10}{'ratio':>8}")
    for name, cost in rows:
        print(f"{name:<36}{cost:>10.1f}{cost / rows[0][1]:>8.2f}")


def _compile_each_time(self: Any, result: Any) -> bool:
    """What Rasa does."""
    import jsonschema

    jsonschema.validate(result, self.action_response_format_spec())
    return True


def _swap(owner: Any, name: str, other: Any) -> Callable[[], None]:
    """Put `other` in place; call the answer to put the old one back."""
    old = owner.__dict__[name]
    setattr(owner, name, other)
    return lambda: setattr(owner, name, old)


def main() -> None:
    os.environ.update(QUIET)
    logs.configure("bench", "warning")
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.turn_cost", "--serve", str(port)])
    try:
        asyncio.run(measure(f"http://127.0.0.1:{port}"))
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        main()
