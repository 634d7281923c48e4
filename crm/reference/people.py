"""Who the demo operator's subscribers are: the named ones from people.yml, the others drawn from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from crm.model import BillCause, BroadbandState, Reckoning, Subscriber
from crm.reference.catalogue import read_data
from crm.worktime import CHINA

FIRST_ORDINARY = 13910000000


@dataclass(frozen=True)
class Extra:
    """A charge in the month `months_ago` (0: the running one)."""

    months_ago: int
    cause: BillCause
    amount_fen: int
    offering_id: str | None = None
    reckoning: Reckoning | None = None


@dataclass(frozen=True)
class Outline:
    """A subscriber and how they live; a History is worked out from it. `seed` fixes everything that is drawn."""

    subscriber: Subscriber
    seed: str
    plan: str
    additions: tuple[str, ...]
    general_fen: int
    gift_fen: int = 0
    dedicated_fen: int = 0
    frozen_fen: int = 0
    used_share: float = 0.5
    unpaid_months: int = 0
    extras: tuple[Extra, ...] = ()
    lock_in_months_left: int = 0
    pending_plan: str = ""
    roaming_mb: int = 0
    points: tuple[int, int] = (120, 300)
    """What is left of the points of last year and of this year."""
    broadband: tuple[str, int, int, BroadbandState] | None = None
    """Address, Mbps, whole months to go, state."""
    itemised: bool = False
    """Whether single calls are kept, and not just their sum."""
    ordered: tuple[tuple[str, str, str, int], ...] = ()
    """Of which additions there is an order on record: offering, channel, proof, days ago."""


def outlines(count: int, today: date) -> Iterator[Outline]:
    """The named people first, then ordinary ones, `count` in all."""
    named = read_named()
    for entry in named[:count]:
        yield _named(entry, today)
    for index in range(max(0, count - len(named))):
        yield _ordinary(index, today)


@lru_cache(maxsize=1)
def read_named() -> list[dict[str, Any]]:
    """people.yml, parsed once."""
    entries: list[dict[str, Any]] = read_data("people.yml")
    return entries


@lru_cache(maxsize=1)
def _names() -> dict[str, Any]:
    names: dict[str, Any] = read_data("names.yml")
    return names


def _named(raw: dict[str, Any], today: date) -> Outline:
    number = raw["msisdn"]
    account = raw.get("account")
    subscriber = Subscriber(
        id=f"S{number[3:]}", msisdn=number, account_id=f"A-{account}" if account else f"A{number[3:]}",
        account_holder=account is None or "story" in raw, name=raw["name"],
        birth_date=date(today.year - raw["age"], 1, 1), brand=_brand(raw["plan"]), region=raw["region"],
        city=raw["city"], grid=f"{raw['region'].upper()}-{int(number[-3:]) % 40:03d}", rural=raw.get("rural", False),
        language=raw.get("language", "zh"), status="suspended" if raw.get("suspended_for") else "active",
        student=raw.get("student", False), account_manager=raw.get("manager"),
        suspended_for=raw.get("suspended_for"), suspended_at=_days_ago(today, 3) if raw.get("suspended_for") else None,
    )  # fmt: skip
    return Outline(
        subscriber, number, raw["plan"], tuple(raw["add"]), raw["general"],
        gift_fen=raw.get("gift", 0), dedicated_fen=raw.get("dedicated", 0), frozen_fen=raw.get("frozen", 0),
        used_share=raw["used"], unpaid_months=raw.get("unpaid", 0),
        extras=tuple(_extra(*e) for e in raw.get("extras", ())),
        ordered=tuple((o, *how) for o, how in raw.get("ordered", {}).items()),
        lock_in_months_left=raw.get("lock_in", 0), pending_plan=raw.get("pending_plan", ""),
        roaming_mb=raw.get("roaming_mb", 0), points=tuple(raw.get("points", (120, 300))), itemised=True,
        broadband=tuple(raw["broadband"]) if "broadband" in raw else None,
    )  # fmt: skip


def _extra(
    months_ago: int, cause: BillCause, amount_fen: int, offering_id: str | None = None, figures: Any = None
) -> Extra:
    return Extra(months_ago, cause, amount_fen, offering_id, Reckoning(*figures) if figures else None)


def _ordinary(index: int, today: date) -> Outline:
    names = _names()
    number = f"+86{FIRST_ORDINARY + index}"
    draw = random.Random(number)
    region = draw.choice(list(names["provinces"]))
    plans = {p: share for p, share in names["plans"].items() if region == "zj" or not p.endswith("-zj")}
    plan = draw.choices(list(plans), list(plans.values()))[0]
    age = {"plan-student-29": draw.randint(18, 24), "plan-senior-19": draw.randint(61, 88)}.get(
        plan, draw.randint(20, 66)
    )
    subscriber = Subscriber(
        id=f"S{number[3:]}", msisdn=number, account_id=f"A{number[3:]}", account_holder=True,
        name=draw.choice(names["family"]) + draw.choice(names["given"]),
        birth_date=date(today.year - age, draw.randint(1, 12), draw.randint(1, 28)), brand=_brand(plan), region=region,
        city=draw.choice(names["provinces"][region]), grid=f"{region.upper()}-{draw.randint(1, 40):03d}",
        rural=draw.random() < 0.3, language="zh", status="active", student=plan == "plan-student-29",
    )  # fmt: skip
    additions = {"svc-caller-id", *draw.sample(names["extras"], draw.choice((0, 0, 1, 1, 2)))}
    owes = draw.random() < 0.05
    return Outline(
        subscriber, number, plan, tuple(sorted(additions)), 0 if owes else draw.randint(50, 12000),
        gift_fen=draw.choice((0, 0, 0, 1000, 2000)), used_share=round(draw.betavariate(2, 2), 2),
        unpaid_months=draw.randint(1, 2) if owes else 0,
        lock_in_months_left=draw.randint(1, 12) if plan == "plan-5g-199" else 0,
        points=(draw.randint(0, 900), draw.randint(0, 2000)),
    )  # fmt: skip


def _days_ago(today: date, days: int) -> datetime:
    return datetime.combine(today - timedelta(days=days), time(9), CHINA)


def _brand(plan: str) -> str:
    return "5G" if "5g" in plan or plan in ("plan-family-169", "plan-student-29") else "4G"
