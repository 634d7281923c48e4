"""One question over HTTP to somebody else's system: bounded in time and size, with crm.errors for every failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ServerDisconnectedError,
    StreamReader,
)

from crm.errors import TimedOut, Unavailable
from crm.tracing import sent

T = TypeVar("T")
MOST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    raw: bytes


async def ask(
    session: ClientSession, method: str, url: str, *, deadline: float, query: Mapping[str, str] | None = None,
    data: bytes | None = None, headers: Mapping[str, str] | None = None,
) -> Answer:  # fmt: skip
    """Raises Unavailable when nobody can have heard it; TimedOut when it is not known, or the answer has no end."""
    left = deadline - asyncio.get_running_loop().time()
    if left <= 0:
        raise TimedOut("the deadline had passed")
    try:
        async with session.request(
            method,
            url,
            params=query,
            data=data,
            headers={**sent(), **(headers or {})},
            timeout=ClientTimeout(total=left),
            allow_redirects=False,
        ) as response:
            known = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, known, await _whole(response.content))
    except asyncio.TimeoutError as late:
        raise TimedOut("no answer before the deadline") from late
    except ClientConnectorError as refused:
        raise Unavailable("cannot connect") from refused
    except ServerDisconnectedError as cut:
        raise TimedOut("the connection broke") from cut
    except (ClientError, OSError) as broken:
        raise TimedOut("the connection broke") from broken


async def twice(attempt: Callable[[], Awaitable[T]], deadline: float) -> T:
    """A question that changes nothing is asked a second time when the first got no answer and there is time left."""
    try:
        return await attempt()
    except TimedOut:
        if deadline <= asyncio.get_running_loop().time():
            raise
    except Unavailable:
        await asyncio.sleep(0)
    return await attempt()


async def _whole(content: StreamReader) -> bytes:
    """The body to its end. Raises TimedOut when it is longer than any answer: what was asked may be done."""
    raw = bytearray()
    async for part in content.iter_any():
        raw += part
        if len(raw) > MOST_ANSWER:
            raise TimedOut("the answer is too long")
    return bytes(raw)
