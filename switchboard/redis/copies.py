"""A script whose writes are on replicas too before its answer counts.

WAIT speaks of what its own connection wrote, so script, mark and WAIT go to one node in one batch. The mark is a write
of every call: a repeat finds everything stored, would write nothing, and WAIT would agree to the empty deed of a
master that lost its replicas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, MovedError, NoScriptError, ReadOnlyError, TimeoutError

from switchboard.errors import NotReachable
from switchboard.redis.connection import Client, reaching
from switchboard.redis.scripting import Scripts, source
from switchboard.redis.topology import is_cluster, near

WITHIN_MS = 1000
TRIES = 3
STALE = (MovedError, ConnectionError, TimeoutError, ReadOnlyError)
"""The node is not the key's master any more: the ordinary client finds out who is."""


class Copies:
    """`replicas`: how many must have it, 0 for none. Raises NotReachable when they have not in time; then it may be
    stored all the same, and the caller's repeat is a duplicate.
    """

    def __init__(self, scripts: Scripts, replicas: int) -> None:
        self._scripts, self._replicas = scripts, replicas
        self._near: dict[str, Client] = {}

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        if not self._replicas:
            return await self._scripts.run(name, keys, args)
        answer, have = await self._waited(name, keys, args)
        if have < self._replicas:
            raise NotReachable(f"redis: {have} of {self._replicas} replicas have it")
        return answer

    async def _waited(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> tuple[Any, int]:
        """What the script answered when it ran first, and how many replicas have it."""
        first: Any = None
        for _ in range(TRIES):
            with reaching():
                answer, have = await self._batch(name, keys, args)
            first = answer if first is None else first
            if have is not None:
                return first, have
            # The ordinary client loads the script, or finds the master.
            answer = await self._scripts.run(name, keys, args)
            first = answer if first is None else first
        raise NotReachable("redis: the master moves")

    async def _batch(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> tuple[Any, int | None]:
        """(answer, how many have it), or (None, None) when the node must be looked for again."""
        pipe = (await self._master_of(keys[0])).pipeline(transaction=False)
        pipe.execute_command("EVALSHA", source(name)[1], len(keys), *keys, *args)
        pipe.set(f"{keys[0].partition(':')[0]}:mark", 1, ex=60)  # {pN}:mark
        pipe.execute_command("WAIT", self._replicas, WITHIN_MS)
        try:
            answer, *others = await pipe.execute(raise_on_error=False)
        except STALE:
            if is_cluster(self._scripts.redis):
                return None, None
            raise
        if isinstance(answer, (NoScriptError, *STALE)):
            return None, None
        for told in (answer, *others):
            if isinstance(told, Exception):
                raise told
        return answer, int(others[-1])

    async def _master_of(self, key: str) -> Client:
        redis = self._scripts.redis
        if not isinstance(redis, RedisCluster):
            return redis
        await redis.initialize()
        node = redis.get_node_from_key(key)
        assert node is not None  # only a replica may be missing
        if node.name not in self._near:
            self._near[node.name] = near(redis, node, retry=Retry(NoBackoff(), 0))
        return self._near[node.name]

    async def close(self) -> None:
        for client in self._near.values():
            await client.aclose()
