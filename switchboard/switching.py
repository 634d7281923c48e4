"""Switches from the command line: `python -m switchboard switch …`."""

from __future__ import annotations

import argparse
import getpass
import re
from datetime import datetime, timedelta, timezone

from switchboard.redis.stores import Stores
from switchboard.redis.story import line
from switchboard.redis.switches import RedisSwitches
from switchboard.switches import KINDS, Switch

_FOR = re.compile(r"(\d+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("list", help="what is off now, and what can be switched off")
    acts.add_parser("story", help="who switched what, when and why")
    for act, text in (("off", "switch off, within seconds everywhere"), ("on", "switch on again")):
        one = acts.add_parser(act, help=text)
        one.add_argument("kind", choices=KINDS)
        one.add_argument("name", help="as `list` shows it")
        one.add_argument("--why", required=True, help="for the audit and the agents")
        one.add_argument("--by", default=getpass.getuser(), help="who decides; default: the user of this shell")
        if act == "off":
            one.add_argument("--until", type=moment, help="30m, 2h, 1d, or a moment with its zone in ISO form")


def moment(text: str) -> datetime:
    """Raises ValueError for what is neither a span nor a moment with a zone."""
    now = datetime.now(timezone.utc)
    if span := _FOR.fullmatch(text):
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None or moment <= now:
        raise ValueError(text)
    return moment.astimezone(timezone.utc)


async def run(stores: Stores, asked: argparse.Namespace) -> tuple[int, list[str]]:
    """(exit code, lines): 1 when it was not off, 2 for a name that no process knows. Raises NotReachable."""
    switches = stores.switches
    if asked.act == "list":
        return 0, await _listed(switches)
    if asked.act == "story":
        return 0, [line(act) for act in await switches.story.acts()] or ["nothing was ever switched"]
    what = f"{asked.kind} {asked.name}"
    if asked.act == "on":
        done = await switches.on(asked.kind, asked.name, asked.by, asked.why)
        return (0, [f"{what} is on"]) if done else (1, [f"{what} was not off"])
    if f"{asked.kind}:{asked.name}" not in await switches.known():
        return 2, [f"no running process has a {what}: `switch list` shows what there is"]
    return 0, [shown(await switches.off(asked.kind, asked.name, asked.by, asked.why, asked.until))]


async def _listed(switches: RedisSwitches) -> list[str]:
    lines = [shown(one) for one in await switches.all()] or ["nothing is switched off"]
    known = await switches.known()
    for kind in KINDS:
        names = [what.removeprefix(f"{kind}:") for what in known if what.startswith(f"{kind}:")]
        lines.append(f"{kind}s: {' '.join(names) or 'none is known yet, start the processes first'}")
    return lines


def shown(switch: Switch) -> str:
    until = f"until {switch.until:%Y-%m-%d %H:%M}Z" if switch.until else "until it is switched on"
    return f"{switch.kind} {switch.name} is off since {switch.at:%Y-%m-%d %H:%M}Z {until}, by {switch.by}: {switch.why}"
