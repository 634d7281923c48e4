"""So many wrong tries in a row, then a lock that grows: for recharge cards and for proofs of who somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from crm.errors import Refused

_DOUBLED = 6
"""The lock grows no further after so many tries beyond `most`."""


@dataclass(frozen=True)
class Tries:
    """`locked` and `wrong` are the codes under which a try is refused."""

    most: int
    lock: timedelta
    locked: str
    wrong: str

    def check(self, locked_until: datetime | None, now: datetime) -> None:
        """Refused: `locked`, with locked_until, while it holds."""
        if locked_until and locked_until > now:
            raise Refused(self.locked, {"locked_until": locked_until.isoformat()})

    def locked_until(self, wrong: int, now: datetime) -> datetime | None:
        """After so many wrong tries in a row; None while there are some left. Twice as long with each further one."""
        beyond = wrong - self.most
        return now + self.lock * 2 ** min(beyond, _DOUBLED) if beyond >= 0 else None

    def refuse(self, wrong: int, now: datetime) -> NoReturn:
        """Refused: `wrong` with tries_left, or `locked`, for the last of so many wrong tries."""
        self.check(self.locked_until(wrong, now), now)
        raise Refused(self.wrong, {"tries_left": self.most - wrong})
