"""What is in the exchange now, for the people who run it: `python -m switchboard inspect …`."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator, Mapping
from datetime import datetime

from switchboard.errors import BadRecord
from switchboard.model import Address
from switchboard.redis import queues
from switchboard.redis.quarantine import Quarantine
from switchboard.redis.queues import Waiting
from switchboard.redis.records import ms
from switchboard.redis.stores import Stores
from switchboard.redis.switches import words
from switchboard.redis.trail import trail
from switchboard.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("queues", help="entries that wait, and the oldest's age, per stream")
    quarantine = what.add_parser("quarantine", help="entries that nobody could answer")
    acts = quarantine.add_subparsers(dest="act", required=True)
    acts.add_parser("list", help="all of them, the oldest first")
    for act, text in (("replay", "put it back into its lane"), ("discard", "forget it")):
        acts.add_parser(act, help=text).add_argument("id", help="as `list` shows it, or all")
    conversation = what.add_parser("conversation", help="its whole way, as far as Redis still knows it")
    conversation.add_argument("id", help="channel:hash, or channel:address such as sms:+8613800001234")
    conversation.add_argument("--texts", action="store_true", help="show what was said, numbers and secrets masked")


async def run(stores: Stores, settings: Settings, asked: argparse.Namespace) -> tuple[int, list[str]]:
    """(exit code, lines). Raises NotReachable, BadSettings."""
    # With another number of partitions everything would be looked for where it is not.
    await stores.ready()
    if asked.what == "queues":
        return 0, await _queues(stores)
    if asked.what == "conversation":
        return await _conversation(stores, settings, asked.id, asked.texts)
    quarantine = Quarantine(stores.redis, stores.keys.partitions, stores.clock)
    if asked.act == "list":
        return 0, await _listed(quarantine)
    return await _settled(quarantine, asked.act, asked.id)


async def _queues(stores: Stores) -> list[str]:
    now, redis = stores.clock(), stores.redis
    found = await queues.look(redis, stores.keys.partitions, await queues.routes(redis))
    rows = [("in", found.inbound), *((f"out:{route}", waiting) for route, waiting in sorted(found.out.items()))]
    rows += [("log", found.log), ("human", found.human)]
    lines = [f"{'stream':<16}{'waiting':>9}{'oldest, s':>12}"]
    lines += [_row(name, waiting, now) for name, waiting in rows]
    lines.append(f"{'quarantine':<16}{found.quarantine:>9}")
    lines.append(f"{'timers':<16}{found.timers.count:>9}{_due(found.timers, now):>12}")
    lines.append(f"partitions without a worker: {found.unheld} of {stores.keys.partitions}")
    lines.append(f"switched off: {words(await stores.switches.all()) or 'nothing'}")
    return lines


def _row(name: str, waiting: Waiting, now: datetime) -> str:
    age = f"{waiting.age_s(ms(now)):.1f}" if waiting.oldest_ms else "-"
    return f"{name:<16}{waiting.count:>9}{age:>12}"


def _due(timers: Waiting, now: datetime) -> str:
    """The next one's: negative where it is late."""
    return f"{(timers.oldest_ms - ms(now)) / 1000:+.1f} due" if timers.oldest_ms else "-"


async def _listed(quarantine: Quarantine) -> list[str]:
    return [
        f"{one.id}  {one.at:%Y-%m-%dT%H:%M:%SZ}  {one.conversation}  {one.kind or 'unreadable'}  "
        f"attempts={one.attempts}  trace={one.trace or '-'}  {one.reason}"
        for one in await quarantine.list()
    ] or ["nothing is in quarantine"]


async def _settled(quarantine: Quarantine, act: str, identifier: str) -> tuple[int, list[str]]:
    """1 when one of them was not there any more, 2 for what is no id."""
    settle = quarantine.replay if act == "replay" else quarantine.discard
    named = [one.id for one in await quarantine.list()] if identifier == "all" else [identifier]
    if not named:
        return 0, ["nothing is in quarantine"]
    lines: list[str] = []
    code = 0
    for name in named:
        try:
            done = await settle(name, getpass.getuser())
        except BadRecord as error:
            return 2, [*lines, str(error)]
        lines.append(f"{name}  {act}ed" if done else f"{name}  is not in quarantine")
        code = code if done else 1
    return code, lines


async def _conversation(stores: Stores, settings: Settings, name: str, texts: bool) -> tuple[int, list[str]]:
    found = await trail(stores, name, texts)
    if found is None:
        channel, _, address = name.partition(":")
        found = await trail(stores, Address(channel, address).conversation_id(settings.key("conversation")), texts)
    if found is None:
        return 1, [f"{name} is not known; what is older stands in the desk's transcripts"]
    lines = [f"{key}: {value}" for key, value in found.head.items()]
    return 0, [*lines, "", *(f"{step.at or '-':<25} {step.what:<15} {_words(step.words)}" for step in found.steps)]


def _words(words: Mapping[str, object]) -> str:
    return " ".join(_pairs(words))


def _pairs(words: Mapping[str, object]) -> Iterator[str]:
    for name, value in words.items():
        yield f"{name}={value}"
