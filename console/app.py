"""Mounts the console on a gateway: log-in, desk, reports. Everything it uses is handed in."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from sqlalchemy.ext.asyncio import AsyncEngine

from console.accounts import Accounts
from console.audit import Audit
from console.changes import Changes
from console.desk import words
from console.desk.acts import Acts
from console.desk.customer import CustomerPanel, OfferingNames
from console.desk.live import HEARTBEAT_S, Live
from console.desk.pages import NoOutages, Off, Outages, Pages, nothing_off
from console.desk.reading import Reading
from console.desk.view import Viewing
from console.login import Login
from console.passwords import Passwords
from console.reports.page import ReportPage
from console.web import TEMPLATES, Gate, Route
from crm.port import Crm
from switchboard.ports import Clock, Conversations, Handoffs
from switchboard.wording import volume, yuan

HERE = Path(__file__).resolve().parent
HTMX = HERE.parent / "node_modules" / "htmx.org" / "dist"
STATIC = {
    "console.css": ("text/css", (HERE / "static" / "console.css",)),
    "desk.js": ("text/javascript", (HERE / "static" / "desk.js",)),
    # One file, since htmx starts by itself and an extension that comes a moment later is too late.
    "vendor/htmx-sse.js": ("text/javascript", (HTMX / "htmx.min.js", HTMX / "ext" / "hx-sse.min.js")),
}

FILTERS: dict[str, Callable[..., str]] = {
    "shown": words.shown,
    "cut": words.cut,
    "readable": words.readable,
    "clock": words.clock,
    "day": words.day,
    "day_and_clock": words.day_and_clock,
    "iso": words.iso,
    "surname_only": words.surname_only,
    "yuan": yuan,
    "volume": volume,
}


@dataclass(frozen=True)
class Console:
    """What the console is wired from. `public_url` is where browsers reach it: https there makes the cookie Secure."""

    public_url: str
    engine: AsyncEngine
    handoffs: Handoffs
    conversations: Conversations
    crm: Crm
    changes: Changes
    clock: Clock
    off: Off = nothing_off
    outages: Outages = field(default_factory=NoOutages)
    heartbeat_s: float = HEARTBEAT_S


def routes(console: Console) -> list[Route]:
    """Every way into the console; the matrix test walks through this list."""
    audit = Audit(console.engine, console.clock)
    accounts = Accounts(console.engine, Passwords(), audit, console.clock)
    return _routes(console, accounts, audit)


def _routes(console: Console, accounts: Accounts, audit: Audit) -> list[Route]:
    handoffs, conversations, clock = console.handoffs, console.conversations, console.clock
    reading = Reading(console.engine, clock)
    viewing = Viewing(handoffs, conversations, reading, clock)
    panel, names = CustomerPanel(console.crm, clock), OfferingNames(console.crm, clock)
    return [
        *Login(accounts, handoffs, console.public_url.startswith("https://")).routes(),
        *Pages(viewing, reading, panel, names, handoffs, audit, clock, console.off, console.outages).routes(),
        *Acts(viewing, reading, handoffs, conversations, audit, clock).routes(),
        *Live(accounts, handoffs, console.changes, clock, console.heartbeat_s).routes(),
        *ReportPage(console.engine, clock).routes(),
    ]


def mount(app: web.Application, console: Console) -> None:
    """Add the console's routes; its listening to changes lives as long as the application."""
    _templates(app)
    audit = Audit(console.engine, console.clock)
    accounts = Accounts(console.engine, Passwords(), audit, console.clock)
    gate = Gate(accounts, console.public_url)
    for route in _routes(console, accounts, audit):
        app.router.add_route(route.method, route.path, gate.wrap(route))
    app.router.add_get("/console/static/{name:.+}", _static)

    async def listen(_: web.Application) -> AsyncIterator[None]:
        async with console.changes.running():
            yield

    app.cleanup_ctx.append(listen)


def _templates(app: web.Application) -> None:
    aiohttp_jinja2.setup(
        app,
        app_key=TEMPLATES,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        filters=FILTERS,
    )


async def _static(request: web.Request) -> web.StreamResponse:
    """Files by an explicit list: nothing else of node_modules can be asked for."""
    kind, files = STATIC.get(request.match_info["name"], ("", ()))
    if not files or not all(file.is_file() for file in files):
        raise web.HTTPNotFound
    body = b"\n;\n".join([await asyncio.to_thread(file.read_bytes) for file in files])
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "ETag": mark}
    if request.headers.get(hdrs.IF_NONE_MATCH) == mark:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
