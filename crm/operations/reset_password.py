"""A new service password, for who gives the holder's ID number and a code that went to the number itself.

Neither the old nor the new password is needed in clear anywhere but in the CRM. Every Address of the number is told.
"""

from __future__ import annotations

import hashlib

from crm.errors import NotFound, Refused
from crm.model import Proof
from crm.operations import stepups
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import CodeSent, Refusal
from crm.operations.unsure import asked_twice

OPERATION = "reset_password"
SIZE = 6
_ROWS = ("01234567890", "09876543210")


async def prove(doors: Doors, who: Context, id_ref: str) -> Refusal | None:
    """None where the ID number is the holder's. Wrong ones are counted by the CRM. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    number = await doors.vault.open(who.conversation, id_ref)
    if not number:
        return Refusal("id_short")
    proof = Proof(id_number=number.upper())
    try:
        await doors.crm.verify(person.msisdn, proof, idempotency_key=_key(who, id_ref), deadline=doors.write_deadline())
    except NotFound:
        return Refusal("no_papers")
    except Refused as refused:
        return Refusal("id_wrong" if refused.reason == "proof_wrong" else refused.reason, refused.values)
    return None


async def weak(doors: Doors, who: Context, password_ref: str, id_ref: str) -> Refusal | None:
    """Refusal("password_weak") for what others guess: no six digits, a row, repeats, a part of the number or the ID."""
    password = await doors.vault.open(who.conversation, password_ref) or ""
    known = await doors.vault.open(who.conversation, id_ref) or ""
    own = who.bound.msisdn if who.bound else ""
    fits = len(password) == SIZE and password.isascii() and password.isdigit()
    guessed = len(set(password)) < 3 or any(password in text for text in (*_ROWS, own, known))
    return None if fits and not guessed else Refusal("password_weak")


async def send_code(doors: Doors, who: Context, id_ref: str) -> CodeSent | Refusal:
    """The code to the number itself, once its holder's ID number was given. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    # Asked again under the same key: nobody gets a code by leaving out the step before.
    if refusal := await prove(doors, who, id_ref):
        return refusal
    facts = {"msisdn": person.msisdn, "proven": id_ref}
    values = {"operation": OPERATION, "name": "", "price_fen": 0, "points": 0}
    return await stepups.send(doors, who, OPERATION, person.msisdn, facts, values, stepups.TRANSACTION_S)


async def change(doors: Doors, who: Context, password_ref: str, id_ref: str, code_ref: str) -> Refusal | None:
    """None when it is set. Raises Unavailable: the same message may ask again."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    password = await doors.vault.open(who.conversation, password_ref)
    if not password:
        return Refusal("password_gone")
    facts = await stepups.check(doors, who, OPERATION, person.msisdn, code_ref)
    if isinstance(facts, Refusal):
        return facts
    if facts != {"msisdn": person.msisdn, "proven": id_ref}:
        return Refusal("code_none")
    key = _key(who, password_ref)

    async def write(deadline: float) -> None:
        await doors.crm.set_password(person.msisdn, password, idempotency_key=key, deadline=deadline)

    try:
        await asked_twice(doors, write, person.msisdn, "password_may_be_set", f"password?:{key}")
    except NotFound:
        return Refusal("no_papers")
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    at = doors.now().isoformat()
    await doors.tell(person.msisdn, "password_was_set", {"msisdn": person.msisdn, "at": at}, f"password:{key}")
    return None


def _key(who: Context, seed: str) -> str:
    return hashlib.sha256("\n".join((who.conversation, OPERATION, seed)).encode()).hexdigest()[:32]
