"""How much proof each operation needs, per channel.

Levels: 0 nothing · 1 bound to the number · 2 bound and a step-up · 3 a human, or service password and ID.
Step-ups: `none`, `reply` (an explicit yes on a link whose sender the carrier vouches for), `code` (by SMS, one-time),
`papers` (service password and ID number), `id_and_code` (ID number and a code by SMS), `holder` (name and ID number,
from the number itself), `facts` (service password, or name, end of the ID number and one fact), `person` (never by a
machine).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

StepUp = Literal["none", "reply", "code", "papers", "id_and_code", "holder", "facts", "person"]

LEVELS: Mapping[str, int] = {
    "find_store": 0,
    "port_out": 0,
    "consult_plans": 0,
    "compare_plans": 0,
    "consult_roaming": 0,
    "recommend_plan": 0,
    "login": 0,
    "query_balance": 1,
    "query_data_usage": 1,
    "query_voice_allowance": 1,
    "query_bill": 1,
    "query_my_plan": 1,
    "query_subscribed_services": 1,
    "query_orders": 1,
    "query_ticket": 1,
    "query_recharge_record": 1,
    "query_suspension": 1,
    "paid_but_cut_off": 1,
    "query_sms_allowance": 1,
    "dispute_charge": 1,
    "never_ordered": 1,
    # It only gives, what the CRM's rules give; the cancellation before it was proven.
    "give_back": 1,
    "query_monthly_fee": 1,
    "query_pack_expiry": 1,
    "query_third_party_services": 1,
    "query_own_number": 1,
    "query_other_number": 1,
    "urge": 1,
    # Money ended what money began: nothing is left to prove.
    "restore_paid_line": 1,
    "query_points": 1,
    "query_broadband": 1,
    "invoice": 1,
    # Reversible, and who has lost the phone gets no code.
    "report_lost_sim": 1,
    "recharge_card": 1,
    "recharge_page": 1,
    "report_fault": 1,
    "complain": 1,
    "request_callback": 1,
    "book_visit": 1,
    "leave_lead": 1,
    "end_notices": 1,
    "protect": 1,
    "sent_to_me": 1,
    "order_data_pack": 2,
    "cancel_data_pack": 2,
    "change_plan": 2,
    "undo_plan_change": 2,
    "redeem_points": 2,
    "suspend_number": 2,
    "query_call_detail": 2,
    # A code would go to the line that is stopped.
    "resume_number": 3,
    "reset_password": 3,
    # Who cannot receive a code proves the rest; see WITHOUT_BINDING.
    "stop_lost_line": 3,
    "read_puk": 3,
    # The national procedure: who asks for the code writes name and ID number from the number itself.
    "port_out_code": 3,
    "replace_sim": 3,
    "change_owner": 3,
}

BY_PERSON = frozenset({"resume_number", "replace_sim", "change_owner"})
"""Of level 3 what no machine does: a person, or a shop, looks at the face and the papers."""
_PROVEN_BY: Mapping[str, StepUp] = {
    "stop_lost_line": "facts",
    "reset_password": "id_and_code",
    "port_out_code": "holder",
}
"""Of level 3 what is proven in a way of its own; docs/decisions/0016 says why a password is."""

LOCKED = frozenset({operation for operation, needed in LEVELS.items() if needed == 2} - {"suspend_number"}) | {
    "port_out_code", "read_puk", "reset_password",
}  # fmt: skip
"""What rests while a number is protected: all that a stolen code could be used for."""
WITHOUT_BINDING = frozenset({"stop_lost_line"})
"""For whoever proves it, from any Address: one act that can be undone."""

# A new plan changes what is paid each month, and single calls are the most private of all, so that a yes from a phone
# left on a table is not enough.
_CODE_BY_SMS = frozenset({"change_plan", "undo_plan_change", "query_call_detail"})


def level(operation: str) -> int:
    """Raises KeyError for an operation that nobody has weighed."""
    return LEVELS[operation]


def step_up(operation: str, channel: str) -> StepUp:
    """What has to follow the yes. The desk proves people in its own way and still needs the code."""
    if level(operation) < 2:
        return "none"
    if level(operation) == 3:
        return "person" if operation in BY_PERSON else _PROVEN_BY.get(operation, "papers")
    if channel == "sms" and operation not in _CODE_BY_SMS:
        return "reply"
    return "code"
