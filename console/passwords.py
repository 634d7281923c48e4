"""Passwords of the console's people: argon2id, computed in a thread because one takes tens of milliseconds."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
"""Hashes computed at a time in one process: more would let log-ins starve the webhooks."""


class Passwords:
    """argon2id with t=2, m=19 MiB, p=1."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    def hash_now(self, password: str) -> str:
        return self._hasher.hash(password)

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Takes as long for a person who does not exist (`stored` None) as for a wrong password."""
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe(16))
        async with self._turns:
            right = await asyncio.to_thread(self._verify, stored or self._nobodys, password)
        return right and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False
