"""Whether what somebody says proves that a number is theirs. Shared by every CRM of ours."""

from __future__ import annotations

import re

from crm.errors import Refused
from crm.model import Proof

TAIL = 4
"""So many of an ID number's last characters are asked for."""
_PASSWORD = re.compile(r"[0-9]{6}")


def check_enough(proof: Proof) -> None:
    """Refused("proof_short") where too little is said to be checked at all; that is no wrong try."""
    facts = proof.name.strip() and len(proof.id_tail) == TAIL and proof.monthly_fen is not None
    if not (proof.password or proof.id_number or facts):
        raise Refused("proof_short")


def same_name(one: str, other: str) -> bool:
    """Anna Weber is anna  weber."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def check_password(password: str) -> None:
    """Refused("invalid") for what is no service password."""
    if not _PASSWORD.fullmatch(password):
        raise Refused("invalid", {"field": "password"})
