"""Passwords of the console's people: argon2id, computed in a thread because one takes tens of milliseconds."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
"""Hashes computed at a time in one process: more would let log-ins starve the webhooks."""

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$CIqLh6ed4ylGhyH7Uykjnw$ihHeE5OffKmyyaMa4HJA9kbJteEUdF3t5GZSDZLKmBI"
"""The hash of a password that was thrown away: compared with when there is nobody to compare with."""


class Passwords:
    """argon2id with t=2, m=19 MiB, p=1."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Takes as long for a person who does not exist (`stored` None) as for a wrong password."""
        async with self._turns:
            right = await asyncio.to_thread(self._verify, stored or NOBODYS, password)
        return right and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False
