"""The closed sets of words that nouns are described by, and texts in both languages."""

from __future__ import annotations

from dataclasses import dataclass
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
TicketKind = Literal["fault", "complaint", "callback", "lead"]
"""A lead: somebody wants to be called about something to buy, and said yes to it."""
Urgency = Literal["normal", "urgent"]
TicketState = Literal["acknowledged", "inProgress", "pending", "resolved", "closed", "cancelled"]
AppointmentState = Literal["confirmed", "cancelled"]
PaymentState = Literal["pending", "done", "failed", "expired"]
TariffUse = Literal["mb", "call_home", "call_local", "call_in", "text_out", "text_in", "call", "text"]
"""What is paid for abroad: a megabyte, a minute to the own country, within the country one is in, and of a call that is
taken, a message sent or received. `call` and `text`: a minute and a message from the own country to another one."""
BillCause = Literal[
    "monthly_fee", "pack", "out_of_bundle_data", "out_of_bundle_voice", "out_of_bundle_sms", "roaming", "third_party",
    "proration", "late_fee", "instalment", "promotion_end", "earlier_arrears", "minimum_spend",
    "roaming_voice", "international", "one_time",
]  # fmt: skip
ReckoningKind = Literal["gb", "minute", "message", "day", "share", "late_day", "instalment", "difference"]


@dataclass(frozen=True)
class Text:
    """A name or description in both languages."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """`en` for "en", else `zh`."""
        return self.en if language == "en" else self.zh


UNNAMED = Text("", "")
