"""What months that were used would have cost under another plan: its fee, and what went beyond it at its rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.model import EVERYWHERE, Offering, Product, UsageSummary

KB_PER_GB = 1024 * 1024


@dataclass(frozen=True)
class Priced:
    """`fee_fen` over all months; `beyond` the GB, minutes and messages beyond the plan, which cost `beyond_fen`."""

    plan: Offering
    months: int
    fee_fen: int
    beyond: tuple[int, int, int]
    beyond_fen: int

    @property
    def total_fen(self) -> int:
        return self.fee_fen + self.beyond_fen


def priced(plan: Offering, months: Sequence[UsageSummary], own: bool = False) -> Priced:
    """Begun GB count. Data for certain uses or places is left out, since nobody knows which of the data it was; but
    for the `own` plan, under which it was used."""
    data_kb = plan.granted("data") if own else plan.granted("data", *EVERYWHERE)
    minutes, texts = plan.granted("voice"), plan.granted("sms")
    beyond = (
        sum(-(-max(0, m.data_kb - data_kb) // KB_PER_GB) for m in months),
        sum(max(0, m.voice_minutes - minutes) for m in months),
        sum(max(0, m.sms_count - texts) for m in months),
    )
    rates = [plan.rate_fen(unit) for unit in ("gb", "minute", "message")]
    cost = sum(count * rate for count, rate in zip(beyond, rates, strict=True))
    return Priced(plan, len(months), plan.monthly_fen * len(months), beyond, cost)


def cheapest(plans: Iterable[Offering], months: Sequence[UsageSummary]) -> list[Priced]:
    """All of them, the one that would have cost least first; of two that cost the same the one with more data."""
    found = [priced(plan, months) for plan in plans]
    return sorted(found, key=lambda p: (p.total_fen, -p.plan.granted("data", *EVERYWHERE), p.plan.id))


@dataclass(frozen=True)
class Loss:
    """What a change would give up. Data in KB; `held`: ids of held offerings that need the old plan."""

    data_kb: int
    directed_kb: int
    local_kb: int
    voice_minutes: int
    sms_count: int
    to_4g: bool
    held: tuple[str, ...]


def lost(own: Offering, other: Offering, held: Iterable[tuple[Product, Offering]]) -> Loss:
    """`held`: what the person has besides the plan."""

    def less(type_: str, *scopes: str) -> int:
        return max(0, own.granted(type_, *scopes) - other.granted(type_, *scopes))  # type: ignore[arg-type]

    needs = [o.id for _, o in held if own.id in o.requires and other.id not in o.requires]
    return Loss(
        less("data", *EVERYWHERE), less("data", "directed"), less("data", "local"), less("voice"), less("sms"),
        own.generation == "5G" and other.generation == "4G", tuple(needs),
    )  # fmt: skip
