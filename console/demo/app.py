"""The demo page and what its phones do. The phones are simulators; what they write goes through the real adapters."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

_HERE = Path(__file__).parent
FILES = ("demo.js", "demo.css", "demo.words.js")
WAIT_S = 20.0
"""A page's question for news is answered after so long at the latest."""
MAX_TEXT = 2000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Screen(Protocol):
    """What a phone shows: numbered lines of its owner."""

    def shown(self, owner: str, after: int) -> list[dict[str, Any]]: ...

    async def changed(self) -> None:
        """Returns when anybody's screen has news."""


class SmsPhone(Protocol):
    @property
    def feed(self) -> Screen: ...

    async def write(self, msisdn: str, text: str) -> bool: ...


class WechatPhone(Protocol):
    @property
    def feed(self) -> Screen: ...

    async def say(self, openid: str, text: str, tapped: str = "") -> bool: ...


@dataclass(frozen=True)
class Person:
    """A demo subscriber to choose; `story` by language, `language` is what they write in."""

    msisdn: str
    name: str
    story: Mapping[str, str]
    language: str


@dataclass(frozen=True)
class Demo:
    """The page with its phones. `key` makes openids."""

    people: Sequence[Person]
    sms: SmsPhone
    wechat: WechatPhone
    key: bytes
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    waiting: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        files = [web.get(f"/static/demo/{name}", _file(_HERE / name)) for name in FILES]
        return [
            web.get("/", _file(_HERE / "demo.html")),
            *files,
            web.get("/demo/people", self.list_people),
            web.get("/demo/lines", self.lines),
            web.post("/demo/sms", self.write_sms),
            web.post("/demo/wechat", self.write_wechat),
        ]

    async def close(self, _: web.Application) -> None:
        """Answer the pages that wait, so that the gateway can stop."""
        for news in self.waiting:
            news.cancel()

    def openid(self, person: Person) -> str:
        """The same at each start, so that a conversation goes on after one."""
        digest = hmac.new(self.key, person.msisdn.encode(), hashlib.sha256).digest()
        return "o" + base64.urlsafe_b64encode(digest).decode()[:27]

    async def list_people(self, _: web.Request) -> web.Response:
        return web.json_response(
            [{"msisdn": p.msisdn, "name": p.name, "story": dict(p.story), "language": p.language} for p in self.people],
            dumps=_dumps,
        )

    async def lines(self, request: web.Request) -> web.Response:
        """News of both phones after the given numbers; waits for it. `run` changes when the phones were forgotten."""
        person = self._person(request.query.get("person"))
        forgotten = request.query.get("run") != self.run
        after = {name: 0 if forgotten else _number(request.query.get(name)) for name in ("sms", "wechat")}
        news = asyncio.create_task(self._news(person, after))
        self.waiting.add(news)
        await asyncio.wait({news}, timeout=WAIT_S)
        self.waiting.discard(news)
        news.cancel()
        return web.json_response({"run": self.run, **self._shown(person, after)}, dumps=_dumps)

    def _shown(self, person: Person, after: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
        return {
            "sms": self.sms.feed.shown(person.msisdn, after["sms"]),
            "wechat": self.wechat.feed.shown(self.openid(person), after["wechat"]),
        }

    async def _news(self, person: Person, after: Mapping[str, int]) -> None:
        while not any(self._shown(person, after).values()):
            changes = [asyncio.ensure_future(phone.feed.changed()) for phone in (self.sms, self.wechat)]
            try:
                await asyncio.wait(changes, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for change in changes:
                    change.cancel()

    async def write_sms(self, request: web.Request) -> web.Response:
        person, body = await self._said(request)
        return _stored(await self.sms.write(person.msisdn, body["text"]))

    async def write_wechat(self, request: web.Request) -> web.Response:
        person, body = await self._said(request)
        tapped = body.get("tapped", "")
        if not isinstance(tapped, str):
            raise web.HTTPBadRequest(text="tapped must be a string")
        return _stored(await self.wechat.say(self.openid(person), body["text"], tapped[:64]))

    async def _said(self, request: web.Request) -> tuple[Person, dict[str, Any]]:
        # Another site's page cannot send this type without asking first, and it is not answered.
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            body = await request.json()
        except ValueError as error:
            raise web.HTTPBadRequest(text="not JSON") from error
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT:
            raise web.HTTPBadRequest(text=f"text must have 1 to {MAX_TEXT} characters")
        return self._person(body.get("person")), body

    def _person(self, msisdn: object) -> Person:
        found = next((person for person in self.people if person.msisdn == msisdn), None)
        if found is None:
            raise web.HTTPNotFound(text="no such person")
        return found


def _stored(stored: bool) -> web.Response:
    return web.json_response({"stored": stored}, status=200 if stored else 503)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _file(file: Path) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    return handle
