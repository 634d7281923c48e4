"""Loads the Lua scripts and runs them by hash; a Redis that forgot a script (restart, fail-over) gets it again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from redis.exceptions import NoScriptError

from switchboard.redis.connection import Client, reaching
from switchboard.redis.topology import is_cluster
from switchboard.redis.wire import Shared

T = TypeVar("T")
TOGETHER = 64
"""So many keys one script of ours goes through at most: Redis does nothing else meanwhile."""
_FOLDER = Path(__file__).parent / "scripts"


@cache
def source(name: str) -> tuple[str, str]:
    """(text, SHA-1) of a script with the shared functions in front."""
    text = (_FOLDER / "shared.lua").read_text(encoding="utf-8") + (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def together(redis: Client, things: Sequence[T], partition: Callable[[T], Hashable]) -> list[list[T]]:
    """Which things one script may take: some at a time, but in a Cluster only those of one partition, which stand side
    by side in `things`.
    """
    if is_cluster(redis):
        return [list(group) for _, group in groupby(things, key=partition)]
    return [list(things[at : at + TOGETHER]) for at in range(0, len(things), TOGETHER)]


class Scripts:
    """Runs scripts/<name>.lua. Raises NotReachable."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Any] = ()) -> Any:
        text, sha = source(name)
        with reaching():
            try:
                return await self.redis.execute_command("EVALSHA", sha, len(keys), *keys, *args)
            except NoScriptError:
                return await self.redis.execute_command("EVAL", text, len(keys), *keys, *args)

    async def run_many(self, name: str, calls: Sequence[tuple[Sequence[str], Sequence[Any]]]) -> list[Any]:
        """The same script for many partitions in one round trip; each call is its own step."""
        if isinstance(self.redis, Shared):
            return await asyncio.gather(*(self.run(name, keys, args) for keys, args in calls))
        if not calls:
            return []
        text, sha = source(name)
        with reaching():
            for again in (False, True):
                pipe = self.redis.pipeline(transaction=False)
                for keys, args in calls:
                    # A Cluster's pipeline has no evalsha of its own.
                    pipe.execute_command("EVALSHA", sha, len(keys), *keys, *args)
                answers = await pipe.execute(raise_on_error=again)
                if not any(isinstance(answer, Exception) for answer in answers):
                    return list(answers)
                if not any(isinstance(answer, NoScriptError) for answer in answers):
                    raise next(answer for answer in answers if isinstance(answer, Exception))
                await self.redis.script_load(text)
        return list(answers)
