"""Names of keys. All keys of a conversation carry the tag {pN} of its partition, so that one script may touch them."""

from __future__ import annotations

from binascii import crc_hqx

from switchboard.errors import BadSettings
from switchboard.redis.connection import Client, reaching

WORKERS = "workers"
"""Sorted set: worker name → the moment (ms) until which it counts as alive."""
AGENTS = "desk:agents"
"""Sorted set: agent → the moment (ms) until which they are at the desk."""
WAKE = "wake"
"""Pub/sub: numbers of partitions with something new. Lossy, so only a wake: each partition is read every second."""
LIVE_RELEASE = "release:live"
DESK = "desk:changed"
"""Pub/sub: which conversations changed for the desk, as JSON; "*" stands for everything."""


class Keys:
    """Partition and key names of conversations. `partitions` must be what Redis was first started with."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions

    def partition(self, conversation: str) -> int:
        return crc_hqx(conversation.encode(), 0) % self.partitions  # CRC16-XMODEM, as Redis Cluster's

    def tag(self, conversation: str) -> str:
        return tag(self.partition(conversation))

    def of(self, conversation: str, kind: str, *rest: str) -> str:
        """`{pN}:kind:rest…`, such as {p7}:conv:web:ab12."""
        return ":".join((self.tag(conversation), kind, *rest))

    def conversation(self, conversation: str) -> str:
        return self.of(conversation, "conv", conversation)


def tag(partition: int) -> str:
    return f"{{p{partition}}}"


async def keep_partitions(redis: Client, partitions: int) -> None:
    """Store the number at first start. Raises BadSettings when another one was stored: messages would be lost."""
    with reaching():
        await redis.set("partitions", partitions, nx=True)
        stored = int(await redis.get("partitions") or 0)
    if stored != partitions:
        raise BadSettings(f"RENJI_PARTITIONS is {partitions}, but this Redis was first started with {stored}")
