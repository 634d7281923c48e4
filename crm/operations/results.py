"""What operations answer. A refusal is an answer, not an error; who speaks to the person makes a sentence of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.model import Order
from crm.operations.quotes import Quote

REFUSALS = frozenset(
    {
        # besides crm.errors.REASONS
        "not_bound",  # values: none
        "switched_off",  # by hand, for all; values: until (ISO moment, or "")
        "other_subscriber",  # the number has a new owner; the binding is ended
        "unknown_number",  # values: none
        "bad_number",  # values: none
        "human_only",  # level 3: never by a machine
        "quote_expired",
        "quote_not_shown",
        "quote_void",  # values: why
        "quote_used",
        "code_wrong",
        "code_expired",
        "code_locked",
        "code_none",
        "code_too_soon",
        "code_too_many",
        "card_missing",  # the card number is no longer kept
        "nothing_to_cancel",
        "no_such_ticket",
        "unknown_offering",
        "too_many_tries",  # of proofs in one conversation on one day
        "no_such_time",  # the shop has no such time, or not any more
        "protected",  # values: until (ISO moment)
        "holder_only",  # the number is used by one and held by another
        "bad_tax_id",
        "month_not_kept",  # values: months (how many are)
        "papers_short",  # service password or ID number is missing
        "papers_wrong",  # values: tries_left
        "id_short",
        "id_wrong",  # values: tries_left
        "holder_short",  # name or ID number is missing
        "holder_wrong",  # values: tries_left
        "only_by_sms",
        "not_in_account",
        "password_weak",
        "password_gone",  # the new one is no longer kept
    }
)


@dataclass(frozen=True)
class Refusal:
    """`code` is one of REFUSALS or of crm.errors.REASONS; `values` fill its sentence (ids of offerings, not names)."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeSent:
    """A one-time code is on its way to `msisdn`, good for `minutes`."""

    msisdn: str
    minutes: int


@dataclass(frozen=True)
class Done:
    """The order exists. Its `state` says whether it is completed or waits for the next cycle."""

    quote: Quote
    order: Order


@dataclass(frozen=True)
class Pending:
    """The CRM did not say in time. It may have happened: the same key asks again, nobody says "failed"."""

    quote: Quote
