"""Composition root of the action server: for actions in a process of their own (RENJI_ACTIONS_URL names its address).

python actions.py --port 5055      # settings from RENJI_* (docs/settings.md)
rasa run actions                   # the same actions behind the SDK's server, which loads this module

The SDK registers every action that this module imports. What needs a running loop (the CRM, Redis) is opened when the
server starts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import AsyncExitStack
from functools import partial

import uvloop

from bot.action_runs import every_action
from bot.action_server import ActionsServer, serve
from bot.actions import skills
from bot.guard import guarded, stacks_of
from doors import start
from switchboard import logs
from switchboard.errors import BadSettings
from switchboard.redis.stalls import count_stall
from switchboard.settings import Settings

SKILLS = skills.action_names()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python actions.py", description="The action server.")
    parser.add_argument("--host", default="127.0.0.1", help="another only where none but our processes reach it")
    parser.add_argument("--port", type=int, default=5055)
    asked = parser.parse_args(arguments)
    try:
        expected = prepared()
        uvloop.install()
        begin = partial(start_guarded, asked.port)
        asyncio.run(serve(ActionsServer(every_action(), expected).handle, asked.host, asked.port, begin))
    except (BadSettings, OSError) as error:
        print(f"actions: {error}", file=sys.stderr)
        return 1
    return 0


async def start_guarded(port: int, opened: AsyncExitStack) -> None:
    """Once the loop runs."""
    settings = Settings.read(os.environ)
    await start(opened)
    guard = guarded(settings.stall_s, partial(count_stall, settings.redis_url), stacks_of(settings.var, port))
    await opened.enter_async_context(guard)


def prepared() -> bytes:
    """Settings and log; the header of whoever may call."""
    settings = Settings.read(os.environ)
    logs.configure("actions", settings.log_level)
    return f"Bearer {settings.key('internal').hex()}".encode()


def extend_sdk() -> None:
    """For `rasa run actions`, whose server is made after it has loaded this module."""
    from bot import sdk_server

    os.environ.setdefault("SANIC_HOST", "127.0.0.1")  # the SDK's default is every interface
    sdk_server.register(prepared, start)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
extend_sdk()
