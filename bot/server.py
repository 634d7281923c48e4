"""The process of a slot: a model behind the channel's two addresses, and nothing else.

`rasa run` serves the same (README); this leaves out what it brings and a slot has no use for: its other channels and
API, TensorFlow, Sanic's way to a handler. bot/serve.py checks the model and starts it.

    python -m bot.server MODEL HOST PORT
"""

from __future__ import annotations

import sys
from functools import partial
from types import SimpleNamespace

from bot import light

light.install()

import uvloop  # noqa: E402  (Rasa may be imported only now)
from aiohttp import web  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402

from bot.catalogue import kept_fresh  # noqa: E402
from bot.channel import RenjiInput  # noqa: E402
from bot.nlg import WordingNlg  # noqa: E402
from bot.packing import packed  # noqa: E402
from bot.process import ExchangeTrackerStore  # noqa: E402
from bot.served import channel_token, served_release, settings  # noqa: E402
from bot.turn import MAX_BODY_BYTES  # noqa: E402
from switchboard import garbage  # noqa: E402

DRAIN_S = 10.0


def load(model: str) -> Agent:
    """The parts that endpoints.yml names, wired by hand."""
    store = ExchangeTrackerStore()
    # bot/process.py says where they run.
    return Agent.load(model, action_endpoint=EndpointConfig(), generator=WordingNlg(), tracker_store=store)


def application(agent: Agent, channel: RenjiInput) -> web.Application:
    context = SimpleNamespace(agent=agent)

    async def turn(request: web.Request) -> web.Response:
        body = await request.read()
        status, told = await channel.turn(context, request.headers.get("Authorization", ""), body)
        return web.Response(body=packed(told), status=status, content_type="application/json")

    async def health(_: web.Request) -> web.Response:
        status, told = channel.health(agent)
        return web.Response(body=packed(told), status=status, content_type="application/json")

    async def started(_: web.Application) -> None:
        await channel.start(agent)
        garbage.seldom()

    async def stopping(_: web.Application) -> None:
        await channel.stop()

    # The channel says itself what is too large.
    app = web.Application(client_max_size=MAX_BODY_BYTES * 2)
    app.router.add_post("/webhooks/renji/turn", turn)
    app.router.add_get("/webhooks/renji/health", health)
    app.on_startup.append(started)
    app.on_shutdown.append(stopping)
    return app


def main(model: str, host: str, port: int) -> None:
    agent = load(model)
    channel = RenjiInput(channel_token(), served_release(), partial(kept_fresh, settings()))
    uvloop.install()
    web.run_app(
        application(agent, channel), host=host, port=port, access_log=None, print=None, shutdown_timeout=DRAIN_S
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
