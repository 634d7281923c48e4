"""The process of a slot: a model behind the channel's two addresses, and nothing else.

`rasa run` serves the same (README); this leaves out what it brings and a slot has no use for: its other channels and
API, TensorFlow, Sanic's way to a handler. bot/serve.py checks the model and starts it.

    python -m bot.server MODEL HOST PORT
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from types import SimpleNamespace

from bot import light

light.install()

import uvloop  # noqa: E402  (Rasa may be imported only now)
from rasa.core.agent import Agent  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402

from bot.action_server import DRAIN_S, served  # noqa: E402
from bot.catalogue import kept_fresh  # noqa: E402
from bot.channel import RenjiInput  # noqa: E402
from bot.guard import guarded, stacks_of  # noqa: E402
from bot.listening import Asked, Door  # noqa: E402
from bot.nlg import WordingNlg  # noqa: E402
from bot.packing import packed  # noqa: E402
from bot.process import ExchangeTrackerStore  # noqa: E402
from bot.served import channel_token, served_release, settings  # noqa: E402
from bot.turn import MAX_BODY_BYTES  # noqa: E402
from switchboard.redis.stalls import count_stall  # noqa: E402

TURN, HEALTH = ("POST", "/webhooks/renji/turn"), ("GET", "/webhooks/renji/health")


def load(model: str) -> Agent:
    """The parts that endpoints.yml names, wired by hand."""
    store = ExchangeTrackerStore()
    # bot/process.py says where they run.
    return Agent.load(model, action_endpoint=EndpointConfig(), generator=WordingNlg(), tracker_store=store)


def door(agent: Agent, channel: RenjiInput) -> Door:
    """The channel's two addresses; the channel says itself what is too large."""
    context = SimpleNamespace(agent=agent)

    def allowed(asked: Asked) -> str:
        return asked.headers.get(b"authorization", b"").decode("utf-8", "surrogateescape")

    def enters(asked: Asked) -> bool:
        return (asked.method, asked.path) != TURN or channel.allows(allowed(asked))

    async def answer(asked: Asked) -> tuple[int, bytes]:
        if (asked.method, asked.path) == TURN:
            status, told = await channel.turn(context, allowed(asked), bytes(asked.body))
        elif (asked.method, asked.path) == HEALTH:
            status, told = channel.health(agent)
        else:
            status, told = 404, {"error": "not found"}
        return status, packed(told)

    return Door(enters, answer, 2 * MAX_BODY_BYTES)


def main(model: str, host: str, port: int) -> None:
    agent = load(model)
    ours = settings()
    channel = RenjiInput(channel_token(), served_release(), partial(kept_fresh, ours))

    guard = guarded(ours.stall_s, partial(count_stall, ours.redis_url), stacks_of(ours.var, port))
    uvloop.install()
    start = partial(start_guarded, channel, agent, guard)
    asyncio.run(served(partial(opened_to, door(agent, channel), host, port), start))


async def opened_to(door: Door, host: str, port: int, opened: AsyncExitStack) -> None:
    server = await asyncio.get_running_loop().create_server(door.connected, host, port)
    opened.push_async_callback(door.close, DRAIN_S)
    opened.callback(server.close)


async def start_guarded(
    channel: RenjiInput, agent: Agent, guard: AbstractAsyncContextManager[None], opened: AsyncExitStack
) -> None:
    """What is loaded at the first use holds the loop for seconds while no person waits, so the guard comes after it."""
    opened.push_async_callback(channel.stop)
    await channel.start(agent)
    await opened.enter_async_context(guard)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
