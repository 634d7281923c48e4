"""646 Appointment, and proofs of who somebody is, which are our profile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm.documents.scalars import (
    Document,
    characteristics_from,
    characteristics_to,
    choice,
    mapping,
    moment_from,
    moment_to,
    party_from,
    party_to,
    rows,
    string,
    whole,
)
from crm.model import Appointment, PortOutCode, Proof
from crm.visits import EVERY

MOST_WORD = 80


def proof_to(msisdn: str, proof: Proof) -> Document:
    said = {
        "password": proof.password, "idNumber": proof.id_number, "name": proof.name, "idTail": proof.id_tail,
        "monthlyFee": proof.monthly_fen,
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value not in ("", None)}
    return {"relatedParty": party_to(msisdn), "characteristic": characteristics_to(given), "@type": "PartyProof"}


def proof_from(raw: Any) -> tuple[str, Proof]:
    document = mapping(raw, "body")
    said = characteristics_from(document.get("characteristic"), "characteristic")
    words = {name: string(said.get(name, ""), name, MOST_WORD) for name in ("password", "idNumber", "name", "idTail")}
    fee = whole(said["monthlyFee"], "monthlyFee") if "monthlyFee" in said else None
    proof = Proof(words["password"], words["idNumber"], words["name"], words["idTail"], fee)
    return party_from(document.get("relatedParty")), proof


def sim_to(msisdn: str, puk: str) -> Document:
    return {
        "id": msisdn, "resourceStatus": "available", "resourceCharacteristic": characteristics_to({"puk": puk}),
        "relatedParty": party_to(msisdn), "@type": "LogicalResource",
    }  # fmt: skip


def puk_from(raw: Any) -> str:
    known = characteristics_from(mapping(raw, "resource").get("resourceCharacteristic"), "resourceCharacteristic")
    return string(known.get("puk"), "puk", 16)


def password_to(msisdn: str, password: str) -> Document:
    said = characteristics_to({"password": password})
    return {"relatedParty": party_to(msisdn), "characteristic": said, "@type": "PartyCredential"}


def password_from(raw: Any) -> tuple[str, str]:
    """Whose, and the new one."""
    document = mapping(raw, "body")
    said = characteristics_from(document.get("characteristic"), "characteristic")
    return party_from(document.get("relatedParty")), string(said.get("password"), "password", MOST_WORD)


def leaving_to(msisdn: str) -> Document:
    return {"relatedParty": party_to(msisdn), "@type": "PortOutAuthorization"}


def leaving_from(raw: Any) -> str:
    return party_from(mapping(raw, "body").get("relatedParty"))


def code_to(made: PortOutCode) -> Document:
    said = characteristics_to({"code": made.code})
    return {
        "characteristic": said, "validFor": {"endDateTime": moment_to(made.until)}, "@type": "PortOutAuthorization",
    }  # fmt: skip


def code_from(raw: Any) -> PortOutCode:
    document = mapping(raw, "authorization")
    said = characteristics_from(document.get("characteristic"), "characteristic")
    until = moment_from(mapping(document.get("validFor"), "validFor").get("endDateTime"), "validFor")
    return PortOutCode(string(said.get("code"), "code", 32), until)


def times_asked_to(shop_id: str) -> Document:
    return {"relatedPlace": _place(shop_id), "@type": "SearchTimeSlot"}


def times_asked_from(raw: Any) -> str:
    place = mapping(mapping(raw, "body").get("relatedPlace"), "relatedPlace")
    return string(place.get("id"), "relatedPlace.id", 64)


def times_to(shop_id: str, times: tuple[datetime, ...]) -> Document:
    slots = [{"id": moment_to(at), "validFor": _span(at), "@type": "TimeSlot"} for at in times]
    return {**times_asked_to(shop_id), "id": shop_id, "status": "done", "availableTimeSlot": slots}


def times_from(raw: Any) -> tuple[datetime, ...]:
    slots = rows(mapping(raw, "searchTimeSlot").get("availableTimeSlot", []), "availableTimeSlot")
    return tuple(_start(slot) for slot in slots)


def visit_asked_to(msisdn: str, shop_id: str, errand: str, at: datetime) -> Document:
    return {
        "category": errand, "validFor": _span(at), "relatedParty": party_to(msisdn),
        "relatedPlace": _place(shop_id), "@type": "Appointment",
    }  # fmt: skip


def visit_asked_from(raw: Any) -> tuple[str, str, str, datetime]:
    """Whose, where, what for, when."""
    document = mapping(raw, "body")
    errand = string(document.get("category"), "category", 32)
    return party_from(document.get("relatedParty")), times_asked_from(document), errand, _start(document)


def visit_to(visit: Appointment) -> Document:
    asked = visit_asked_to(visit.msisdn, visit.shop_id, visit.errand, visit.at)
    return {**asked, "id": visit.id, "status": visit.state}


def visit_from(raw: Any) -> Appointment:
    msisdn, shop_id, errand, at = visit_asked_from(raw)
    document = mapping(raw, "appointment")
    state = choice(document.get("status"), "status", ("confirmed", "cancelled"))
    return Appointment(string(document.get("id"), "id"), msisdn, shop_id, errand, at, state)


def _place(shop_id: str) -> Document:
    return {"id": shop_id, "role": "shop", "@referredType": "GeographicSite"}


def _span(at: datetime) -> Document:
    return {"startDateTime": moment_to(at), "endDateTime": moment_to(at + EVERY)}


def _start(document: Any) -> datetime:
    return moment_from(mapping(mapping(document, "slot").get("validFor"), "validFor").get("startDateTime"), "validFor")
