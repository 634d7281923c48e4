"""The end of a gateway that is told to stop: no new connections, what has begun is answered, nobody is cut off."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from connectors.http import Handler

DRAIN_S = 10.5
"""For requests that were taken: a REST caller waits up to 10 s for its answer."""
GRACE_S = 1.0
"""So long a connection between two requests stays open: who writes on it meanwhile is answered, and told to close."""


class Draining:
    """Knows the requests of one application that are being answered."""

    def __init__(self) -> None:
        self._answering: set[asyncio.Task[None]] = set()
        self._endless: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._ending = False

    def watch(self, app: web.Application) -> None:
        """Call before the application has other middlewares."""
        app.middlewares.append(self._follow)
        app.on_response_prepare.append(self._prepare)

    async def end(self, runner: web.AppRunner) -> None:
        """Stop listening and return when everything is answered, or DRAIN_S is over."""
        # What the kernel has taken for us is accepted before the socket closes, or it would be reset.
        await asyncio.sleep(0)
        for site in list(runner.sites):
            await site.stop()
        self._ending = True
        # Pages connect again, to another gateway, and read on where they were.
        await runner.app.shutdown()
        for task in self._endless:
            task.cancel()
        if runner.server and runner.server.connections:
            await asyncio.sleep(GRACE_S)
        if self._answering:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._idle.wait(), DRAIN_S - GRACE_S)

    @web.middleware
    async def _follow(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task
        self._answering.add(task)
        self._idle.clear()
        try:
            return await handler(request)
        finally:
            self._answering.discard(task)
            self._endless.discard(task)
            if not self._answering:
                self._idle.set()

    async def _prepare(self, _: web.Request, answer: web.StreamResponse) -> None:
        if answer.content_type == "text/event-stream" and (task := asyncio.current_task()):
            self._endless.add(task)
        if self._ending:
            answer.force_close()
            answer.headers["Connection"] = "close"
