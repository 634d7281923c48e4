"""Proofs of who somebody is and what only they are told, over our profile of TM Forum's APIs, and talks with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from crm.documents import people
from crm.documents.interaction import interaction_to, kept_from
from crm.documents.scalars import BadDocument, moment_to
from crm.errors import NotFound
from crm.model import Interaction, PortOutCode, Proof
from crm.tmf_client import TmfClient, read_document

PROOF = "/tmf-api/party/v4/partyProof"
CREDENTIAL = "/tmf-api/party/v4/partyCredential"
SIM = "/tmf-api/resourceInventoryManagement/v4/resource"
INTERACTION = "/tmf-api/partyInteraction/v4/partyInteraction"
LEAVING = "/tmf-api/resourceInventoryManagement/v4/portOutAuthorization"


class TmfPeople(TmfClient):
    """See crm.port.Crm."""

    async def verify(self, msisdn: str, proof: Proof, *, idempotency_key: str, deadline: float) -> None:
        await self._write(PROOF, people.proof_to(msisdn, proof), idempotency_key, deadline)

    async def puk(self, msisdn: str, *, deadline: float) -> str:
        found = await self._list(SIM, {"relatedParty.id": msisdn}, people.puk_from, deadline)
        if not found:
            raise NotFound("subscriber", msisdn)
        return found[0]

    async def set_password(self, msisdn: str, password: str, *, idempotency_key: str, deadline: float) -> None:
        await self._write(CREDENTIAL, people.password_to(msisdn, password), idempotency_key, deadline)

    async def port_out_code(self, msisdn: str, *, idempotency_key: str, deadline: float) -> PortOutCode:
        reply = await self._write(LEAVING, people.leaving_to(msisdn), idempotency_key, deadline)
        return read_document(people.code_from, reply)

    async def keep_interaction(self, talk: Interaction, *, idempotency_key: str, deadline: float) -> Interaction:
        # Nothing of TM Forum's keeps a caller's own id here, so what may be kept already is looked for by what it is.
        since = moment_to(talk.began_at.replace(microsecond=0) - timedelta(seconds=1))
        query = {"relatedParty.id": talk.msisdn, "interactionDate.startDateTime.gte": since}
        for kept in await self._list(INTERACTION, query, _readable, deadline):
            if kept and _told(replace(talk, id=kept.id, created_at=kept.created_at)) == _told(kept):
                return kept
        document = {k: v for k, v in interaction_to(talk).items() if k not in ("id", "creationDate")}
        reply = await self._write(INTERACTION, document, idempotency_key, deadline)
        return read_document(kept_from, reply)

    async def interactions(self, msisdn: str, *, deadline: float) -> tuple[Interaction, ...]:
        return tuple(await self._list(INTERACTION, {"relatedParty.id": msisdn}, kept_from, deadline))


def _readable(raw: Any) -> Interaction | None:
    """None for one of somebody else's that has another form: it is none of ours."""
    try:
        return kept_from(raw)
    except BadDocument:
        return None


def _told(one: Interaction) -> Interaction:
    """With times as any CRM keeps them, by the second."""
    ended = one.ended_at.replace(microsecond=0) if one.ended_at else None
    return replace(one, began_at=one.began_at.replace(microsecond=0), ended_at=ended)
