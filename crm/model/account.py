"""Who a subscriber is, and what they have: money, volumes, points, calls, a line at home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from crm.model.kinds import AllowanceScope, AllowanceType, BalanceKind, BroadbandState, CallKind, SuspensionCause, Text


@dataclass(frozen=True)
class Subscriber:
    """A customer under one MSISDN (E.164). `region` is a province code: zj, gd, sc.

    `joined_at`: since when the number is held, None where the CRM does not say.
    """

    id: str
    msisdn: str
    account_id: str
    account_holder: bool
    name: str
    birth_date: date
    brand: str
    region: str
    city: str
    grid: str
    rural: bool
    language: str
    status: Literal["active", "suspended"]
    student: bool = False
    account_manager: str | None = None
    suspended_for: SuspensionCause | None = None
    suspended_at: datetime | None = None
    joined_at: datetime | None = None

    def age(self, today: date) -> int:
        """Full years on `today`."""
        before_birthday = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - before_birthday


@dataclass(frozen=True)
class BalanceBucket:
    """Money of one kind. Only `general` pays for orders; `gift` and `dedicated` pay monthly fees; `frozen` nothing."""

    id: str
    kind: BalanceKind
    amount_fen: int
    name: Text
    valid_until: datetime | None = None


@dataclass(frozen=True)
class Balance:
    """All money of one MSISDN at a moment. A negative general bucket is the arrears."""

    msisdn: str
    buckets: tuple[BalanceBucket, ...]
    as_of: datetime

    def kind_fen(self, kind: BalanceKind) -> int:
        """Sum of one kind."""
        return sum(b.amount_fen for b in self.buckets if b.kind == kind)

    @property
    def total_fen(self) -> int:
        return sum(b.amount_fen for b in self.buckets)

    @property
    def payable_fen(self) -> int:
        """What can pay for an order now."""
        return max(0, self.kind_fen("general"))

    @property
    def arrears_fen(self) -> int:
        return max(0, -self.kind_fen("general"))


@dataclass(frozen=True)
class Allowance:
    """A volume that a plan or pack grants for a time: data in kilobytes (KiB), voice in minutes, sms in messages."""

    id: str
    type: AllowanceType
    scope: AllowanceScope
    name: Text
    total: int
    used: int
    offering_id: str
    valid_until: datetime

    @property
    def left(self) -> int:
        return max(0, self.total - self.used)


@dataclass(frozen=True)
class UsageSummary:
    """What was used in one calendar month (Asia/Shanghai)."""

    msisdn: str
    month: str
    data_kb: int
    voice_minutes: int
    sms_count: int
    roaming_data_kb: int


@dataclass(frozen=True)
class PointsLot:
    """Points that were earned together; `left` of them can be spent until `expires_at`."""

    id: str
    msisdn: str
    earned: int
    left: int
    earned_on: date
    expires_at: datetime


MOST_CALLS = 5000
"""So many single calls of a month are read at most."""


@dataclass(frozen=True)
class CallRecord:
    """One call or message of the itemised list. `seconds` is 0 for messages.

    `peer` is a whole number as the CRM knows it: whoever shows it masks it.
    """

    id: str
    msisdn: str
    at: datetime
    kind: CallKind
    peer: str
    seconds: int
    amount_fen: int


@dataclass(frozen=True)
class Broadband:
    """A fixed line at home. `address` is whole as the CRM knows it: whoever shows it masks the house."""

    account: str
    msisdn: str
    address: str
    speed_mbps: int
    until: date
    state: BroadbandState
