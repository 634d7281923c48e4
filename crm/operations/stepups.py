"""One-time codes: sent to the number itself, bound to what they are for; a resend does not reset the count of tries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import CodeSent, Refusal

TRANSACTION_S = 120
LOGIN_S = 300


async def send(
    doors: Doors,
    who: Context,
    operation: str,
    msisdn: str,
    facts: Mapping[str, Any],
    values: Mapping[str, Any],
    ttl_s: int,
) -> CodeSent | Refusal:
    """Make a code and send it with what it is for. The same message sends once. `facts` come back from `check`."""
    sent = CodeSent(msisdn, ttl_s // 60)
    if await doors.once.recall(who.conversation, who.message_id, f"code:{operation}"):
        return sent
    code = doors.new_code()
    answer = await doors.stepups.issue(who.conversation, operation, msisdn, code, facts, ttl_s)
    if answer != "ok":
        return Refusal(f"code_{answer}")
    shown = {**values, "msisdn": msisdn, "minutes": ttl_s // 60}
    response = "code_login" if operation == "login" else "code_order"
    dedupe = f"code:{who.conversation}:{who.message_id}:{operation}"
    await doors.codes.send_code(msisdn, code, response, shown, who.language, dedupe)
    await doors.once.keep(who.conversation, who.message_id, f"code:{operation}", {"sent": True})
    return sent


async def check(doors: Doors, who: Context, operation: str, msisdn: str, ref: str) -> dict[str, Any] | Refusal:
    """The facts that the code was bound to, once. `ref` is masking's reference, never the digits."""
    code = await doors.vault.open(who.conversation, ref)
    if code is None:
        return Refusal("code_expired")
    verdict, facts = await doors.stepups.check(who.conversation, operation, msisdn, code, who.message_id)
    if verdict != "ok":
        return Refusal(f"code_{verdict}")
    return facts
