"""The vault: secrets that masking cut out of a text, encrypted, for ten minutes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from switchboard import masking
from switchboard.model import SecretValue
from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import Keys

KEPT_S = 600


class Seal:
    """AES-256-GCM under `Settings.key("vault")`. Conversation and reference are authenticated with each value."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, conversation: str, secret: SecretValue) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, secret.value.encode(), f"{conversation}\n{secret.ref}".encode())

    def open(self, conversation: str, ref: str, sealed: bytes) -> str | None:
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], f"{conversation}\n{ref}".encode()).decode()
        except InvalidTag:
            return None


class RedisVault:
    """The Vault port of the switchboard and of crm/operations. Values come in with `accept`, or as parts are joined."""

    def __init__(self, redis: Client, keys: Keys, seal: Seal) -> None:
        self._redis, self._keys, self._seal = redis, keys, seal

    async def keep(self, conversation: str, secrets: Sequence[SecretValue]) -> None:
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for secret in secrets:
                name = self._keys.of(conversation, "vault", conversation, secret.ref)
                pipe.set(name, self._seal.close(conversation, secret), ex=KEPT_S)
            await pipe.execute()

    async def show(self, conversation: str, secret: str) -> str:
        """See crm.operations.ports.Vault."""
        ref = masking.new_ref()
        await self.keep(conversation, [SecretValue(ref, masking.SHOWN, secret)])
        return f"⟦{masking.SHOWN}:{ref}⟧"

    async def open(self, conversation: str, ref: str) -> str | None:
        with reaching():
            sealed = await self._redis.get(self._keys.of(conversation, "vault", conversation, ref))
        return self._seal.open(conversation, ref, sealed) if sealed else None

    async def burn(self, conversation: str, ref: str) -> None:
        with reaching():
            await self._redis.delete(self._keys.of(conversation, "vault", conversation, ref))
