"""629 Customer and 621 TroubleTicket."""

from __future__ import annotations

from typing import Any, get_args

from crm.documents.scalars import (
    BadDocument,
    Document,
    characteristics_from,
    characteristics_to,
    choice,
    day_from,
    mapping,
    moment_from,
    moment_to,
    party_from,
    party_to,
    rows,
    string,
)
from crm.model import Subscriber, SuspensionCause, Ticket

TICKET_STATES = ("acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "closed", "resolved")


def customer_to(person: Subscriber) -> Document:
    profile = {
        "msisdn": person.msisdn, "accountHolder": person.account_holder, "birthDate": person.birth_date.isoformat(),
        "brand": person.brand, "grid": person.grid, "rural": person.rural, "language": person.language,
        "student": person.student, "accountManager": person.account_manager or "",
    }  # fmt: skip
    if person.suspended_at:
        profile["suspendedSince"] = moment_to(person.suspended_at)
    place = {"phoneNumber": person.msisdn, "city": person.city, "stateOrProvince": person.region}
    return {
        "id": person.id, "name": person.name, "status": person.status, "statusReason": person.suspended_for or "",
        "account": [{"id": person.account_id, "name": person.account_id, "@referredType": "BillingAccount"}],
        "engagedParty": {"id": person.id, "name": person.name, "@referredType": "Individual"},
        "contactMedium": [{"mediumType": "phone", "preferred": True, "characteristic": place}],
        "characteristic": characteristics_to(profile), "@type": "Customer",
        **({"validFor": {"startDateTime": moment_to(person.joined_at)}} if person.joined_at else {}),
    }  # fmt: skip


def customer_from(raw: Any) -> Subscriber:
    document = mapping(raw, "customer")
    profile = characteristics_from(document.get("characteristic"), "characteristic")
    media = rows(document.get("contactMedium"), "contactMedium")
    accounts = rows(document.get("account"), "account")
    if not media or not accounts:
        raise BadDocument("contactMedium")
    place = mapping(media[0].get("characteristic"), "contactMedium.characteristic")
    cause, since = document.get("statusReason"), profile.get("suspendedSince")
    joined = mapping(document.get("validFor", {}), "validFor").get("startDateTime")
    return Subscriber(
        id=string(document.get("id"), "id"), msisdn=string(place.get("phoneNumber"), "phoneNumber"),
        account_id=string(accounts[0].get("id"), "account.id"), account_holder=profile.get("accountHolder") is True,
        name=string(document.get("name"), "name"), birth_date=day_from(profile.get("birthDate"), "birthDate"),
        brand=string(profile.get("brand"), "brand"), region=string(place.get("stateOrProvince"), "stateOrProvince"),
        city=string(place.get("city"), "city"), grid=string(profile.get("grid"), "grid"),
        rural=profile.get("rural") is True, language=string(profile.get("language"), "language"),
        status=choice(document.get("status"), "status", ("active", "suspended")),
        student=profile.get("student") is True,
        account_manager=string(profile.get("accountManager", ""), "accountManager") or None,
        suspended_for=choice(cause, "statusReason", get_args(SuspensionCause)) if cause else None,
        suspended_at=moment_from(since, "suspendedSince") if since else None,
        joined_at=moment_from(joined, "validFor.startDateTime") if joined else None,
    )  # fmt: skip


def ticket_to(ticket: Ticket) -> Document:
    accountable = {
        "id": ticket.accountable,
        "name": ticket.accountable,
        "role": "accountable",
        "@referredType": "Individual",
    }
    return {
        "id": ticket.id, "ticketType": ticket.kind, "severity": ticket.urgency, "description": ticket.text,
        "status": ticket.state, "creationDate": moment_to(ticket.created_at),
        "expectedResolutionDate": moment_to(ticket.due_at), "relatedParty": [*party_to(ticket.msisdn), accountable],
        "note": [{"text": ticket.note}] if ticket.note else [], "@type": "TroubleTicket",
    }  # fmt: skip


def ticket_from(raw: Any) -> Ticket:
    document = mapping(raw, "troubleTicket")
    parties = rows(document.get("relatedParty"), "relatedParty")
    accountable = next((p.get("name") for p in parties if p.get("role") == "accountable"), "")
    notes = rows(document.get("note", []), "note")
    state = choice(document.get("status"), "status", TICKET_STATES)
    return Ticket(
        id=string(document.get("id"), "id"), msisdn=party_from(document.get("relatedParty")),
        kind=choice(document.get("ticketType"), "ticketType", ("fault", "complaint", "callback", "lead")),
        text=string(document.get("description"), "description"),
        urgency=choice(document.get("severity"), "severity", ("normal", "urgent")),
        state={"held": "pending", "rejected": "closed"}.get(state, state),  # type: ignore[arg-type]
        created_at=moment_from(document.get("creationDate"), "creationDate"),
        due_at=moment_from(document.get("expectedResolutionDate"), "expectedResolutionDate"),
        accountable=string(accountable, "relatedParty.name"),
        note=string(notes[-1].get("text"), "note") if notes else "",
    )  # fmt: skip
