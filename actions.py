"""Composition root of the action server.

python actions.py --port 5055      # what `make up` starts; settings from RENJI_* (docs/settings.md)
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

import uvloop
from rasa_sdk.executor import ActionExecutor

from bot.action_server import ActionsServer, serve
from bot.actions import skills, wiring
from bot.actions.terms import Terms
from console.database import open_engine
from console.directory import CrmDirectory
from console.sent import SentBySms
from crm.connect import connected
from crm.hosted import Gateway, hosted_payments
from crm.operations.doors import Doors
from crm.operations.gate import OPERATIONS
from crm.port import Crm
from switchboard import logs
from switchboard.asking import AskingSolved
from switchboard.errors import BadSettings
from switchboard.notices import Notices
from switchboard.raising import Raising
from switchboard.redis.stores import Stores, open_stores, utc_now
from switchboard.redis.telling import Telling
from switchboard.redis.tidings import SmsTidings
from switchboard.reminders import Reminders
from switchboard.settings import Settings
from switchboard.switches import Switches

SKILLS = skills.action_names()


async def open_doors(settings: Settings, opened: AsyncExitStack) -> Doors:
    """The CRM, the payment gateway and the stores, as the settings name them; `opened` closes them."""
    stores = open_stores(settings)
    opened.push_async_callback(stores.close)
    switches = Switches(stores.switches, utc_now, {"skill": skills.switchable(), "operation": OPERATIONS})
    await switches.look()
    crm = await opened.enter_async_context(connected(settings.crm, settings.crm_url, settings.crm_token, utc_now))
    gateway = Gateway(
        url=settings.paygate_url or f"{settings.crm_url}/paygate",
        notify_url=f"{settings.public_url}/pay/callback",
        key=settings.paygate_secret.encode() or settings.key("paygate"),
    )
    payments = await opened.enter_async_context(hosted_payments(crm, gateway, utc_now))
    kept = open_engine(settings.database_url)
    opened.push_async_callback(kept.dispose)
    return Doors(
        crm=crm,
        payments=payments,
        quotes=stores.quotes,
        stepups=stores.stepups,
        vault=stores.vault,
        bindings=stores.bindings,
        codes=stores.codes,
        once=stores.once,
        now=utc_now,
        gate=switches.refusal,
        notices=SmsTidings(stores.accept, utc_now),
        locks=stores.locks,
        asking=asking(settings, stores, crm),
        sent=SentBySms(kept, settings.key("conversation"), settings.sms_sender),
        tell=Telling(stores.accept, stores.conversations, utc_now),
        incidents=stores.incidents,
        reminders=stores.reach,
    )


def asking(settings: Settings, stores: Stores, crm: Crm) -> AskingSolved:
    """By the rules of our own content, for whoever has the number now."""
    reminders, key = Reminders.load(settings.content), settings.key("conversation")
    directory, notices = CrmDirectory(crm), Notices(stores.accept)
    raising = Raising(reminders, directory, stores.reach, stores.conversations, notices, key, stores.clock)
    return AskingSolved(raising, stores.clock)


async def start(opened: AsyncExitStack) -> None:
    """Once the loop runs."""
    settings = Settings.read(os.environ)
    doors = await open_doors(settings, opened)
    wiring.install(lambda: doors, Terms.load(settings.content))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python actions.py", description="The action server.")
    parser.add_argument("--host", default="127.0.0.1", help="another only where none but our processes reach it")
    parser.add_argument("--port", type=int, default=5055)
    asked = parser.parse_args(arguments)
    try:
        expected = prepared()
        executor = ActionExecutor()
        executor.register_package("bot.actions")
        uvloop.install()
        asyncio.run(serve(ActionsServer(executor, expected), asked.host, asked.port, start))
    except (BadSettings, OSError) as error:
        print(f"actions: {error}", file=sys.stderr)
        return 1
    return 0


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
