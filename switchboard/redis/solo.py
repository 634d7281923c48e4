"""One of several processes does something: a lease with a name of its own, taken and kept once a second."""

from __future__ import annotations

import secrets

from switchboard.redis.leases import LEASE_MS
from switchboard.redis.scripting import Scripts


class Solo:
    """`name` is what is done alone (`writer`), `process` who wants to."""

    def __init__(self, scripts: Scripts, name: str, process: str) -> None:
        self._scripts, self._keys = scripts, [f"{{{name}}}:{part}" for part in ("lease", "held")]
        self._process, self._token = process, f"{process}/{secrets.token_hex(8)}"
        self._mine = False
        self._starting = True

    async def mine(self) -> bool:
        """Call at least every second; True while it is this process that may. Raises NotReachable."""
        if self._mine:
            kept = await self._scripts.run("renew", self._keys[:1], [LEASE_MS, 0, self._token])
            self._mine = bool(kept[0][0])
        if not self._mine:
            replaced = f"{self._process}/" if self._starting else self._token
            taken = await self._scripts.run("acquire", self._keys, [self._token, replaced, LEASE_MS])
            self._mine, self._starting = taken is not None, False
        return self._mine

    async def release(self) -> None:
        if self._mine:
            self._mine = False
            await self._scripts.run("release", self._keys, [self._token])
