"""What the demo subscribers prove themselves with, worked out from their numbers: docs/operations.md tells how."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from crm.model import Subscriber

_AREAS = {"zj": "330106", "gd": "440106", "sc": "510104"}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Papers:
    """Whole, as only a seed knows them: the reference CRM keeps HMACs of all but the PUK."""

    password: str
    id_number: str
    puk: str


def papers_of(person: Subscriber) -> Papers:
    """Service password: 13 and the last four digits. A passport for those who do not write Chinese names."""
    digits = person.msisdn[-8:]
    puk = f"{int(hashlib.sha256(person.msisdn.encode()).hexdigest()[:12], 16) % 10**8:08d}"
    if person.name.isascii():
        return Papers(f"13{digits[-4:]}", f"E{digits}", puk)
    head = f"{_AREAS.get(person.region, '110101')}{person.birth_date:%Y%m%d}{digits[-3:]}"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(head, _WEIGHTS, strict=True)) % 11]
    return Papers(f"13{digits[-4:]}", head + check, puk)
