"""What actions need, wired for the process that runs them: a Rasa slot, or the action server."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.actions import skills, wiring
from bot.actions.terms import Terms
from console.database import open_engine
from console.directory import CrmDirectory
from console.sent import SentToNumber
from crm.connect import connected
from crm.hosted import Gateway, hosted_payments
from crm.operations.doors import Doors
from crm.operations.gate import OPERATIONS
from crm.port import Crm
from switchboard.asking import AskingSolved
from switchboard.notices import Notices
from switchboard.raising import Raising
from switchboard.redis.stores import Stores, open_stores, utc_now
from switchboard.redis.telling import Telling
from switchboard.redis.tidings import SmsTidings
from switchboard.reminders import Reminders
from switchboard.settings import Settings
from switchboard.switches import Switches


async def open_doors(settings: Settings, opened: AsyncExitStack) -> Doors:
    """The CRM, the payment gateway and the stores, as the settings name them; `opened` closes them."""
    stores = open_stores(settings)
    opened.push_async_callback(stores.close)
    switches = Switches(stores.switches, utc_now, {"skill": skills.switchable(), "operation": OPERATIONS})
    await switches.look()
    crm = await opened.enter_async_context(connected(settings.crm, settings.crm_url, settings.crm_token, utc_now))
    payments = await opened.enter_async_context(hosted_payments(crm, _gateway(settings), utc_now))
    asked = asking(settings, stores, crm)
    opened.push_async_callback(asked.close)
    kept = open_engine(settings.database_url)
    opened.push_async_callback(kept.dispose)
    return Doors(
        crm=crm, payments=payments, quotes=stores.quotes, stepups=stores.stepups, vault=stores.vault,
        bindings=stores.bindings, codes=stores.codes, once=stores.once, now=utc_now, gate=switches.refusal,
        notices=SmsTidings(stores.accept, utc_now), locks=stores.locks, asking=asked,
        sent=_sent(settings, stores, kept),
        tell=Telling(stores.accept, stores.conversations, utc_now),
        incidents=stores.incidents, reminders=stores.reach,
    )  # fmt: skip


def _gateway(settings: Settings) -> Gateway:
    return Gateway(
        url=settings.paygate_url or f"{settings.crm_url}/paygate",
        notify_url=f"{settings.public_url}/pay/callback",
        key=settings.paygate_secret.encode() or settings.key("paygate"),
    )


def _sent(settings: Settings, stores: Stores, kept: AsyncEngine) -> SentToNumber:
    key, bound_to = settings.key("conversation"), stores.conversations.bound_to
    return SentToNumber(kept, key, bound_to, settings.sms_sender, settings.sms_signature)


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
