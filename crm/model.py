"""Nouns of the CRM as the product uses them. Money is integer fen, data integer kilobytes, moments UTC-aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

BalanceKind = Literal["general", "gift", "dedicated", "frozen"]
AllowanceType = Literal["data", "voice", "sms"]
AllowanceScope = Literal["general", "directed", "local", "rolled_over", "shared"]
EVERYWHERE: tuple[AllowanceScope, ...] = ("general", "rolled_over", "shared")
"""Scopes that can be used for everything in the whole country."""
Category = Literal["plan", "data_pack", "service", "reward", "hold"]
"""A reward is paid with points; a hold stops the line (see crm.holds)."""
SuspensionCause = Literal["wish", "lost", "arrears", "real_name", "fraud", "court"]
"""Why a line is stopped. Only `wish` ends when the subscriber asks, only `arrears` when money comes."""
BroadbandState = Literal["active", "suspended", "terminated"]
CallKind = Literal["call_out", "call_in", "sms_out", "sms_in"]
SaleState = Literal["on_sale", "withdrawn"]
ItemAction = Literal["add", "modify", "delete"]
OrderState = Literal[
    "acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "completed", "failed", "partial"
]
TicketKind = Literal["fault", "complaint", "callback"]
Urgency = Literal["normal", "urgent"]
TicketState = Literal["acknowledged", "inProgress", "pending", "resolved", "closed", "cancelled"]
PaymentState = Literal["pending", "done", "failed", "expired"]
BillCause = Literal[
    "monthly_fee", "pack", "out_of_bundle_data", "out_of_bundle_voice", "out_of_bundle_sms", "roaming", "third_party",
    "proration", "late_fee", "instalment", "promotion_end", "earlier_arrears", "minimum_spend",
]  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A name or description in both languages."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """`en` for "en", else `zh`."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True)
class Subscriber:
    """A customer under one MSISDN (E.164). `region` is a province code: zj, gd, sc."""

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
class BillItem:
    """One line of a bill. `cause` answers "why was I charged"; `offering_id` is what to cancel to stop it, if any."""

    cause: BillCause
    name: Text
    amount_fen: int
    on: date
    offering_id: str | None = None


@dataclass(frozen=True)
class Bill:
    """One month of one MSISDN. The running month's bill is `open` and grows. total = sum of items = paid + due."""

    id: str
    msisdn: str
    month: str
    total_fen: int
    due_fen: int
    due_on: date
    state: Literal["open", "settled", "overdue"]
    items: tuple[BillItem, ...] = ()

    @property
    def paid_fen(self) -> int:
        return self.total_fen - self.due_fen


@dataclass(frozen=True)
class Price:
    """`recurring` is charged each calendar month, `one_time` once, when the order completes."""

    kind: Literal["recurring", "one_time"]
    amount_fen: int


@dataclass(frozen=True)
class Grant:
    """What an offering gives each cycle; units as in Allowance."""

    type: AllowanceType
    scope: AllowanceScope
    amount: int


@dataclass(frozen=True)
class Offering:
    """What can be ordered. `requires`: any one of these must be held; `excludes`: none of these may be.

    `points` is what a reward takes.
    """

    id: str
    name: Text
    description: Text
    category: Category
    prices: tuple[Price, ...]
    grants: tuple[Grant, ...] = ()
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    maximum: int = 1
    regions: tuple[str, ...] = ()
    audience: str = ""
    sale_state: SaleState = "on_sale"
    aliases: tuple[str, ...] = ()
    tier: int = 0
    generation: str = ""
    lasts_days: int = 0
    lock_in_months: int = 0
    provider: Text = Text("", "")
    version: str = ""
    points: int = 0

    @property
    def monthly_fen(self) -> int:
        return sum(p.amount_fen for p in self.prices if p.kind == "recurring")

    @property
    def one_time_fen(self) -> int:
        return sum(p.amount_fen for p in self.prices if p.kind == "one_time")

    @property
    def price_fen(self) -> int:
        """What the first cycle costs."""
        return self.monthly_fen + self.one_time_fen

    def granted(self, type: AllowanceType, *scopes: AllowanceScope) -> int:
        """Sum of what it grants of one type in these scopes, in all when none is named."""
        return sum(g.amount for g in self.grants if g.type == type and (not scopes or g.scope in scopes))


@dataclass(frozen=True)
class Product:
    """An offering that a MSISDN holds, or will hold (`pendingActive`, from `since` on)."""

    id: str
    msisdn: str
    offering_id: str
    name: Text
    category: Category
    status: Literal["active", "pendingActive", "pendingTerminate", "suspended", "terminated"]
    price_fen: int
    since: datetime
    until: datetime | None = None
    lock_in_until: date | None = None


@dataclass(frozen=True)
class OrderItem:
    """`add` an offering, `delete` a held one, or `modify`: change the plan to this offering."""

    action: ItemAction
    offering_id: str


@dataclass(frozen=True)
class Reason:
    """Why something is not possible: a code of crm.errors.REASONS and the values for its sentence."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Qualification:
    """Whether the items could be ordered now, what they cost, and when they would take effect.

    `price_fen` is what a quote shows and an order repeats: the first cycle of what is added, or the new plan's monthly
    fee. `due_now_fen` of it leaves the general balance at once; `monthly_fen` comes again each month.
    """

    ok: bool
    reasons: tuple[Reason, ...]
    price_fen: int
    due_now_fen: int
    monthly_fen: int
    effective_at: datetime
    catalogue_version: str


@dataclass(frozen=True)
class OrderRequest:
    """`quoted_fen` is the `price_fen` that the person confirmed; another price now is refused: price_changed."""

    msisdn: str
    items: tuple[OrderItem, ...]
    external_id: str
    channel: str
    quoted_fen: int | None = None


@dataclass(frozen=True)
class Order:
    """`external_id` is the caller's own id (the quote). `reasons` is filled when rejected or failed."""

    id: str
    msisdn: str
    items: tuple[OrderItem, ...]
    state: OrderState
    total_fen: int
    placed_at: datetime
    effective_at: datetime
    external_id: str
    completed_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def final(self) -> bool:
        return self.state in ("rejected", "cancelled", "completed", "failed", "partial")


@dataclass(frozen=True)
class Ticket:
    """A complaint, fault or call-back with a deadline and one accountable person."""

    id: str
    msisdn: str
    kind: TicketKind
    text: str
    urgency: Urgency
    state: TicketState
    created_at: datetime
    due_at: datetime
    accountable: str
    note: str = ""


@dataclass(frozen=True)
class Payment:
    """Money that came in, or is expected (`pending`)."""

    id: str
    msisdn: str
    amount_fen: int
    method: Literal["card", "hosted", "counter", "auto"]
    state: PaymentState
    created_at: datetime
    paid_at: datetime | None = None
    conversation: str = ""


@dataclass(frozen=True)
class TopUp:
    """A credit to the general balance. `duplicate`: this key had been answered before, and nothing was added now."""

    id: str
    msisdn: str
    amount_fen: int
    balance_fen: int
    at: datetime
    payment_id: str | None = None
    duplicate: bool = False


@dataclass(frozen=True)
class PointsLot:
    """Points that were earned together; `left` of them can be spent until `expires_at`."""

    id: str
    msisdn: str
    earned: int
    left: int
    earned_on: date
    expires_at: datetime


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
class Shop:
    """Where a person serves. `does`: kinds of errands (sim, ownership, close, broadband, invoice, real_name, …)."""

    id: str
    name: Text
    address: Text
    region: str
    city: str
    district: str
    opens: time
    closes: time
    every_day: bool
    does: tuple[str, ...]


@dataclass(frozen=True)
class InvoiceRequest:
    """An invoice for the bill of a month. `tax_id` is "" for a person."""

    msisdn: str
    month: str
    title: str
    tax_id: str
    email: str


@dataclass(frozen=True)
class Invoice:
    """An electronic invoice that was issued and sent. `amount_fen` leaves out what others charged through us."""

    id: str
    msisdn: str
    month: str
    amount_fen: int
    title: str
    tax_id: str
    email: str
    issued_at: datetime


@dataclass(frozen=True)
class Broadband:
    """A fixed line at home. `address` is whole as the CRM knows it: whoever shows it masks the house."""

    account: str
    msisdn: str
    address: str
    speed_mbps: int
    until: date
    state: BroadbandState
