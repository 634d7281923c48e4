"""Taking a number to another carrier: every reason against it at once, and the code for who proves to be its holder."""

from __future__ import annotations

import hashlib

from crm import porting
from crm.errors import NotFound, Refused
from crm.model import PortOutCode, Proof, Reason
from crm.operations import reads
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.contracts import contracts
from crm.operations.doors import Doors
from crm.operations.results import CodeSent, Refusal

OPERATION = "port_out_code"
RESPONSE = "code_port_out"


async def blocking(doors: Doors, who: Context) -> tuple[Reason, ...]:
    """See crm.porting; of a contract also what leaving it costs, as fee_fen. Raises Unavailable."""
    person, balance = await reads.subscriber(doors, who), await reads.balance(doors, who)
    reasons = porting.blocking(person, balance, await reads.products(doors, who), doors.now(), who.language)
    if not any(reason.code == "lock_in" for reason in reasons):
        return reasons
    fees = {one.product.name.of(who.language): one.fee_fen for one in await contracts(doors, who)}
    return tuple(
        Reason(r.code, {**r.values, "fee_fen": fees.get(str(r.values["name"]), 0)}) if r.code == "lock_in" else r
        for r in reasons
    )


async def prove(doors: Doors, who: Context, ref: str) -> Refusal | None:
    """None where name and ID number, hidden by the reference as `name#number`, are the holder's. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    if who.channel != "sms":
        return Refusal("only_by_sms")
    said = (await doors.vault.open(who.conversation, ref) or "").replace("＃", "#")
    name, _, number = (part.strip() for part in said.partition("#"))
    if not name or not number:
        return Refusal("holder_short")
    proof = Proof(name=name, id_number=number.replace(" ", "").upper())
    try:
        await doors.crm.verify(
            person.msisdn, proof, idempotency_key=_key(who, "prove"), deadline=doors.write_deadline()
        )
    except NotFound:
        return Refusal("unknown_number")
    except Refused as refused:
        return Refusal("holder_wrong" if refused.reason == "proof_wrong" else refused.reason, refused.values)
    return None


async def send_code(doors: Doors, who: Context, ref: str) -> CodeSent | Refusal:
    """The code goes by SMS to the number itself and nowhere else; the same message sends one. Raises Unavailable."""
    if refusal := await prove(doors, who, ref):
        return refusal
    msisdn, key = reads.number(who), _key(who, OPERATION)
    try:
        made = await doors.crm.port_out_code(msisdn, idempotency_key=key, deadline=doors.write_deadline())
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    minutes = _minutes(doors, made)
    values = {"minutes": minutes, "msisdn": msisdn}
    await doors.codes.send_code(msisdn, made.code, RESPONSE, values, who.language, f"{OPERATION}:{key}")
    return CodeSent(msisdn, minutes)


def _minutes(doors: Doors, made: PortOutCode) -> int:
    return round((made.until - doors.now()).total_seconds() / 60)


def _key(who: Context, act: str) -> str:
    return hashlib.sha256(f"{who.conversation}\n{act}\n{who.message_id}".encode()).hexdigest()[:32]
