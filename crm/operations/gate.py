"""Whether an operation is switched off by hand. The gate itself is handed in where the doors are built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from crm.operations.levels import LEVELS

SWITCHED_OFF = "switched_off"
_WITHOUT_STEP_UP = frozenset(
    {
        "book_visit", "complain", "give_back", "invoice", "leave_lead", "port_out_code", "read_puk", "recharge_card",
        "recharge_page", "report_fault", "request_callback", "reset_password", "restore_paid_line", "stop_lost_line",
    }
)  # fmt: skip
OPERATIONS = _WITHOUT_STEP_UP | {operation for operation, level in LEVELS.items() if level == 2}
"""Whatever changes something in the CRM passes the gate: at the quote and again at the yes."""


class Gate(Protocol):
    async def __call__(self, kind: Literal["skill", "operation"], *names: str) -> Mapping[str, str] | None:
        """None while all of these are on; else the values of the refusal: `until` in ISO form, "" if nobody knows."""


async def all_on(kind: Literal["skill", "operation"], *names: str) -> Mapping[str, str] | None:
    """The gate where nothing can be switched off."""
    return None
