"""What became of our messages: which message a channel's receipt is about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from switchboard.model import OutboundMessage, Receipt
from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import Keys, tag
from switchboard.redis.records import LogRecord, dumps, log_args

KEPT_S = 72 * 3600
EARLY_S = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Waits for the message of a receipt that came before it was known that the channel took the message."""


class Receipts:
    """From a channel's id to our message, and from there into the log. All raise NotReachable."""

    def __init__(self, redis: Client, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    async def remember(self, message: OutboundMessage, channel_ids: Sequence[str]) -> None:
        """So that a receipt finds its message for 72 h."""
        if not channel_ids:
            return
        value = dumps({"conversation": message.conversation, "message": message.id})
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for channel_id in channel_ids:
                pipe.set(_key(message.address.channel, channel_id), value, ex=KEPT_S)
            await pipe.execute()

    async def settle(self, partition: int, receipts: Sequence[tuple[str, Receipt]]) -> None:
        """Log receipts with the messages they belong to, then end their entries. Twice is harmless.

        A channel may bring a receipt before the sender could write down that it took the message: looked for again.
        """
        for wait_s in EARLY_S:
            receipts = await self._settle(partition, receipts, last=False)
            if not receipts:
                return
            await asyncio.sleep(wait_s)
        await self._settle(partition, receipts, last=True)

    async def _settle(
        self, partition: int, receipts: Sequence[tuple[str, Receipt]], last: bool
    ) -> list[tuple[str, Receipt]]:
        """One batch; what it left for later."""
        early: list[tuple[str, Receipt]] = []
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for _, receipt in receipts:
                pipe.get(_key(receipt.channel, receipt.channel_id))
            found = await pipe.execute()
            pipe = self._redis.pipeline(transaction=False)
            for (entry, receipt), value in zip(receipts, found, strict=True):
                if not value and not last:
                    early.append((entry, receipt))
                    continue
                if value:
                    owner = json.loads(value)
                    kind, at, body = log_args(
                        LogRecord(
                            "receipt", {"message": owner["message"], "state": receipt.state, "reason": receipt.reason}
                        ),
                        receipt.at,
                    )
                    fields: Any = {"k": kind, "c": owner["conversation"], "t": at, "b": body}
                    pipe.xadd(f"{self._keys.tag(owner['conversation'])}:log", fields)
                pipe.xdel(f"{tag(partition)}:in", entry)
            await pipe.execute()
        return early


def _key(channel: str, channel_id: str) -> str:
    return f"sent:{channel}:{channel_id}"
