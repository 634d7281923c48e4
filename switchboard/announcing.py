"""Outages from the command line: `python -m switchboard incident …`."""

from __future__ import annotations

import argparse
import getpass
import re
import secrets
from datetime import datetime, timezone

from switchboard.incidents import SERVICES, Incident
from switchboard.redis.incidents import RedisIncidents
from switchboard.redis.stores import Stores
from switchboard.redis.story import line
from switchboard.switching import moment

_REGION = re.compile(r"[a-z]{2}")
_HAN = re.compile(r"[\u3400-\u9fff]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("list", help="the open outages, and places that report alike without one")
    acts.add_parser("story", help="who announced, changed and ended what, and when")
    _add_add(acts.add_parser("add", help="announce an outage, live at once"))
    change = acts.add_parser("change", help="another expected end")
    change.add_argument("id", help="as `list` shows it")
    change.add_argument("--until", type=expected, required=True, help="as with add, or unknown")
    end = acts.add_parser("end", help="it works again: whoever asked for it is told")
    end.add_argument("id", help="as `list` shows it")
    end.add_argument("--why", default="", help="for the audit")
    for one in (change, end):
        one.add_argument("--by", default=getpass.getuser(), help="who decides; default: the user of this shell")


def _add_add(add: argparse.ArgumentParser) -> None:
    add.add_argument("--region", type=region, required=True, help="province code: zj, gd, sc …")
    add.add_argument("--city", default="", help="as the CRM writes it (杭州); without it the whole province")
    add.add_argument("--service", choices=SERVICES, action="append", required=True, help="may be given several times")
    add.add_argument("--zh", required=True, help="what fails and where, for people: 杭州西湖区部分基站停电")
    add.add_argument("--en", type=english, required=True, help="the same in English")
    add.add_argument("--since", type=datetime_with_zone, help="a moment with its zone in ISO form; default: now")
    add.add_argument("--until", type=expected, help="expected end: 30m, 2h, 1d, or a moment with its zone in ISO form")
    add.add_argument("--by", default=getpass.getuser(), help="who decides; default: the user of this shell")


def region(text: str) -> str:
    """Raises ValueError."""
    if not _REGION.fullmatch(text):
        raise ValueError(text)
    return text


def english(text: str) -> str:
    """Raises ValueError for words that who reads English cannot read."""
    if not text.strip() or _HAN.search(text):
        raise ValueError(text)
    return text


def datetime_with_zone(text: str) -> datetime:
    """Raises ValueError."""
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if read.tzinfo is None or read > datetime.now(timezone.utc):
        raise ValueError(text)
    return read.astimezone(timezone.utc)


def expected(text: str) -> datetime | None:
    """None for `unknown`. Raises ValueError."""
    return None if text == "unknown" else moment(text)


async def run(stores: Stores, asked: argparse.Namespace) -> tuple[int, list[str]]:
    """(exit code, lines): 1 for an outage that is not open. Raises NotReachable."""
    incidents = stores.incidents
    if asked.act == "list":
        return 0, await _listed(incidents)
    if asked.act == "story":
        return 0, [line(act) for act in await incidents.story.acts()] or ["no outage was ever announced"]
    if asked.act == "add":
        return 0, [shown(await _added(incidents, asked, stores.clock()))]
    if asked.act == "change":
        changed = await incidents.change(asked.id, asked.until, asked.by)
        return (0, [shown(changed)]) if changed else (1, [f"{asked.id} is not open: see `incident list`"])
    waiting = len(await incidents.followers(asked.id))
    if not await incidents.end(asked.id, asked.by, asked.why):
        return 1, [f"{asked.id} is not open: see `incident list`"]
    return 0, [f"{asked.id} is over; people who will be told: {waiting}"]


async def _added(incidents: RedisIncidents, asked: argparse.Namespace, now: datetime) -> Incident:
    incident = Incident(
        id=f"{now:%m%d}-{secrets.token_hex(2)}",
        region=asked.region,
        city=asked.city,
        services=tuple(dict.fromkeys(asked.service)),
        since=asked.since or now,
        until=asked.until,
        words={"zh": asked.zh, "en": asked.en},
        by=asked.by,
    )
    await incidents.add(incident)
    return incident


async def _listed(incidents: RedisIncidents) -> list[str]:
    lines = []
    for one in await incidents.all():
        lines.append(f"{shown(one)}  followers: {len(await incidents.followers(one.id))}")
    alike = [
        f"alike without an outage: {one.region} {one.city or '-'} {one.service}: {one.count}{' !' if one.many else ''}"
        for one in await incidents.alike()
    ]
    return [*(lines or ["no outage is open"]), *alike]


def shown(incident: Incident) -> str:
    until = f"{incident.until:%Y-%m-%d %H:%M}Z" if incident.until else "nobody knows when"
    where = f"{incident.region} {incident.city or 'all'}"
    span = f"{incident.since:%Y-%m-%d %H:%M}Z to {until}"
    return f"{incident.id}  {where}  {'+'.join(incident.services)}  {span}, by {incident.by}: {incident.words['zh']}"
