"""What unlocks a SIM, for who is bound to the number and gives its service password and the holder's ID number."""

from __future__ import annotations

import hashlib

from crm.errors import NotFound, Refused
from crm.model import Proof
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "read_puk"


async def read(doors: Doors, who: Context, password_ref: str, id_ref: str) -> str | Refusal:
    """Words that stand for the PUK in a reply. The references are masking's. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    password = await doors.vault.open(who.conversation, password_ref)
    number = await doors.vault.open(who.conversation, id_ref)
    if not password or not number:
        return Refusal("papers_short")
    key = hashlib.sha256("\n".join((who.conversation, OPERATION, who.message_id)).encode()).hexdigest()[:32]
    proof = Proof(password=password, id_number=number.upper())
    try:
        await doors.crm.verify(person.msisdn, proof, idempotency_key=key, deadline=doors.write_deadline())
        puk = await doors.crm.puk(person.msisdn, deadline=doors.read_deadline())
    except NotFound:
        return Refusal("no_papers")
    except Refused as refused:
        return Refusal("papers_wrong" if refused.reason == "proof_wrong" else refused.reason, refused.values)
    return await doors.vault.show(who.conversation, puk)
