"""What months that were used would have cost under another plan: its fee, and what went beyond it at its rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crm.model import EVERYWHERE, Bill, Offering, Product, UsageSummary

KB_PER_GB = 1024 * 1024
BEYOND = ("out_of_bundle_data", "out_of_bundle_voice", "out_of_bundle_sms")


@dataclass(frozen=True)
class Priced:
    """`fee_fen` over all months; `beyond` the GB, minutes and messages beyond the plan, which cost `beyond_fen`;
    `packs_fen` what was bought to use more than the plan grants."""

    plan: Offering
    months: int
    fee_fen: int
    beyond: tuple[int, int, int]
    beyond_fen: int
    packs_fen: int = 0

    @property
    def total_fen(self) -> int:
        return self.fee_fen + self.packs_fen + self.beyond_fen

    def __add__(self, other: Priced) -> Priced:
        """Of the same plan in other months."""
        gb, minutes, texts = (a + b for a, b in zip(self.beyond, other.beyond, strict=True))
        return Priced(
            self.plan, self.months + other.months, self.fee_fen + other.fee_fen, (gb, minutes, texts),
            self.beyond_fen + other.beyond_fen, self.packs_fen + other.packs_fen,
        )  # fmt: skip


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


def paid(plan: Offering, months: Iterable[tuple[UsageSummary, Bill | None]], packs: Mapping[str, Offering]) -> Priced:
    """What one's own months cost by their bills: fee, packs and what went beyond. A month without a bill, or of another
    plan, is priced. `packs`: what was charged as a pack, by id."""
    total = Priced(plan, 0, 0, (0, 0, 0), 0)
    for used, bill in months:
        own = bill and any(i.cause == "monthly_fee" and i.offering_id == plan.id for i in bill.items)
        total += _billed(plan, bill, packs) if bill and own else priced(plan, [used], own=True)
    return total


def _billed(plan: Offering, bill: Bill, packs: Mapping[str, Offering]) -> Priced:
    def fen(cause: str) -> int:
        return sum(i.amount_fen for i in bill.items if i.cause == cause)

    def count(cause: str) -> int:
        return sum(i.reckoning.count for i in bill.items if i.cause == cause and i.reckoning)

    gb, minutes, texts = (count(cause) for cause in BEYOND)
    volumes = {id_ for id_, pack in packs.items() if _instead_of_plan(pack)}
    bought = sum(i.amount_fen for i in bill.items if i.cause == "pack" and i.offering_id in volumes)
    return Priced(plan, 1, fen("monthly_fee"), (gb, minutes, texts), sum(map(fen, BEYOND)), bought)


def _instead_of_plan(pack: Offering) -> bool:
    """Whether another plan could do without it. What is for certain uses or places is bought under any plan."""
    return bool(pack.granted("data", *EVERYWHERE))


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
