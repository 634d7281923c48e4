"""How Rasa gets at the actions: in its own process, or in an action server over connections that stay open.

Rasa opens a connection for each call and sends the whole domain. An action gets the domain when domain.yml says
`send_domain: true` beside its name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from rasa.shared.core.events import Event
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.action_runs import ActionRuns
from bot.action_server import Start
from bot.packing import packed, unpacked

ANSWER_S = 9.0
"""A server that ends what hangs (bot/action_runs.py) and says nothing by then hangs itself: it is away."""
_IDLE_S = 3.0
"""Shorter than the server keeps a connection (Sanic 5 s), so that no call meets one that is being closed."""


class ActionServer(EndpointConfig):  # type: ignore[misc]
    """`url` is the server's base URL, `token` the bearer token between our processes."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        super().__init__(f"{url}/webhook", headers=headers, enable_selective_domain=True)
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """The first call opens what it needs."""

    async def request(self, method: str = "post", *_: Any, json: Any = None, **__: Any) -> Any:
        """The answer as JSON. Raises Rasa's ClientResponseError from 400 on, aiohttp's errors without an answer."""
        body = packed(json)
        async with self._opened().request(method, self.url, data=body) as response:
            answer = await response.read()
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason, answer)
            return unpacked(answer)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            limit = aiohttp.ClientTimeout(total=ANSWER_S)
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S)
            self._session = aiohttp.ClientSession(
                headers=self.headers, timeout=limit, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
            self._loop = loop
        return self._session


class Retold(Sequence[dict[str, Any]]):
    """The events of a tracker as JSON, each made when it is asked for: actions look at the last ones, if at any."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = list(events)

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return unpacked(packed(self._events[index].as_dict()))


def _handed(question: dict[str, Any]) -> dict[str, Any]:
    """What an action gets instead of Rasa's own: a copy, or what makes copies."""
    events = question.get("tracker", {}).get("events")
    if not isinstance(events, Retold):
        copied: dict[str, Any] = unpacked(packed(question))
        return copied
    copied = unpacked(packed({**question, "tracker": {**question["tracker"], "events": ()}}))
    copied["tracker"]["events"] = events
    return copied


class ActionsHere(EndpointConfig):  # type: ignore[misc]
    """Actions in this process. What goes in and comes out is JSON, as with a server: an action holds nothing of Rasa's
    that it could change, and answers with nothing that only works here. `start` opens what actions need.
    """

    def __init__(self, actions: ActionRuns, start: Start) -> None:
        super().__init__("here", enable_selective_domain=True)
        self._actions, self._start = actions, start
        self._opened: AsyncExitStack | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Before the first person waits for it."""
        async with self._opening:
            if self._opened is None:
                async with AsyncExitStack() as opened:
                    await self._start(opened)
                    self._opened = opened.pop_all()

    async def request(self, method: str = "post", *_: Any, json: Any = None, **__: Any) -> Any:
        """As ActionServer.request."""
        if self._opened is None:
            await self.open()
        status, answer = await self._actions.run(_handed(json))
        body = packed(answer)
        if status >= 400:
            raise ClientResponseError(status, "", body)
        return unpacked(body)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None
