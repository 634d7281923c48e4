"""Stopping and restoring a line, as rules. A hold is an offering: added it stops the line, deleted it restores it.

A wish ends by asking; arrears end with the money; a lost SIM, real-name, fraud protection and a court order are never
ended from here, whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm.model import Balance, Offering, Reason, Subscriber, SuspensionCause

CAUSES: Mapping[str, SuspensionCause] = {"hold-wish": "wish", "hold-lost": "lost", "hold-arrears": "arrears"}
"""Which suspension each hold of the catalogue is."""
FREE_OF_ARREARS: frozenset[SuspensionCause] = frozenset({"wish"})
"""A lost SIM is stopped whatever is owed."""
ENDED_HERE: frozenset[SuspensionCause] = frozenset({"wish", "arrears"})


def check_stop(person: Subscriber, balance: Balance, offering: Offering) -> list[Reason]:
    """Why this line cannot be stopped so."""
    reasons = []
    if person.status == "suspended":
        reasons.append(Reason("suspended"))
    if balance.arrears_fen and CAUSES[offering.id] in FREE_OF_ARREARS:
        reasons.append(Reason("arrears", {"arrears_fen": balance.arrears_fen}))
    return reasons


def check_restore(person: Subscriber, balance: Balance, offering: Offering) -> list[Reason]:
    """Why this line cannot be restored so. It names the kind of a hold and nothing else of it."""
    cause = CAUSES[offering.id]
    if person.status != "suspended":
        return [Reason("not_suspended")]
    if person.suspended_for != cause or cause not in ENDED_HERE:
        return [Reason("held", {"cause": person.suspended_for or ""})]
    if balance.arrears_fen:
        return [Reason("arrears", {"arrears_fen": balance.arrears_fen})]
    return []
