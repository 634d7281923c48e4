"""The gate as an answer, for operations that answer with refusals from their first step on."""

from __future__ import annotations

from crm.operations.doors import Doors
from crm.operations.gate import SWITCHED_OFF
from crm.operations.results import Refusal


async def closed(doors: Doors, operation: str) -> Refusal | None:
    """A refusal while the operation is switched off."""
    off = await doors.gate("operation", operation)
    return None if off is None else Refusal(SWITCHED_OFF, off)
