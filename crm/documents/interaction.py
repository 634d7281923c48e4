"""683 PartyInteraction: that somebody was spoken to, where, why and how it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm.documents.scalars import (
    BadDocument,
    Document,
    choice,
    mapping,
    moment_from,
    moment_to,
    party_from,
    rows,
    string,
)
from crm.model import Interaction

STATES = ("open", "inProgress", "completed")
DIRECTIONS = ("inbound", "outbound")
MOST_DESCRIPTION = 2000


def interaction_to(one: Interaction) -> Document:
    ended = {"endDateTime": moment_to(one.ended_at)} if one.ended_at else {}
    party = {"id": one.msisdn, "href": f"tel:{one.msisdn}", "role": "customer", "@referredType": "Customer"}
    return {
        "id": one.id, "creationDate": moment_to(one.created_at), "direction": one.direction, "reason": one.reason,
        "description": one.description, "status": one.state, "relatedParty": [party],
        "channel": [{"id": one.channel, "href": f"urn:channel:{one.channel}"}],
        "interactionDate": {"startDateTime": moment_to(one.began_at), **ended}, "@type": "PartyInteraction",
    }  # fmt: skip


def interaction_from(raw: Any, interaction_id: str, now: datetime) -> Interaction:
    """One that is to be kept."""
    document = mapping(raw, "body")
    span = mapping(document.get("interactionDate"), "interactionDate")
    channels = rows(document.get("channel"), "channel")
    if len(channels) != 1:
        raise BadDocument("channel")
    end = span.get("endDateTime")
    return Interaction(
        id=interaction_id, msisdn=party_from(document.get("relatedParty")),
        channel=string(channels[0].get("id"), "channel.id", 16),
        direction=choice(document.get("direction"), "direction", DIRECTIONS),
        reason=string(document.get("reason"), "reason", 64),
        description=string(document.get("description", ""), "description", MOST_DESCRIPTION),
        state=choice(document.get("status"), "status", STATES),
        began_at=moment_from(span.get("startDateTime"), "interactionDate.startDateTime"),
        ended_at=moment_from(end, "interactionDate.endDateTime") if end is not None else None, created_at=now,
    )  # fmt: skip


def kept_from(raw: Any) -> Interaction:
    """One that a CRM keeps."""
    document = mapping(raw, "partyInteraction")
    created = moment_from(document.get("creationDate"), "creationDate")
    return interaction_from(document, string(document.get("id"), "id"), created)
