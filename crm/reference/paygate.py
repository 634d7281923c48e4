"""A stand-in payment gateway: another company's system, so it shares only signed messages with us.

A merchant opens a checkout; a person opens its page and pays or cancels; the gateway then tells the merchant with a
signed callback, again and again until the answer is 200 (or when somebody asks), so callbacks repeat and come late.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Template
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents.scalars import BadDocument, mapping, moment_to, string, whole
from crm.errors import Refused
from crm.reference.catalogue import DATA, read_data
from crm.reference.http import answer, body, error
from crm.reference.repeat import repeating
from crm.reference.schema import checkout
from crm.reference.store import Store
from crm.signing import check_signature, signed_headers

JSON = {"Content-Type": "application/json"}
LIFETIME_S = 1800
LOOK_EVERY_S = 1.0
NOTICE_TIMEOUT_S = 5.0
RETRIES_S = (0, 2, 5, 15, 30, 60, 300, 900, 1800)
STATES = {"pay": "paid", "cancel": "failed"}


@dataclass(frozen=True)
class Paygate:
    """`public_url` is where a person's browser finds this process; `key` signs both directions."""

    store: Store
    key: bytes
    clock: Callable[[], datetime]
    public_url: str


PAYGATE = web.AppKey("paygate", Paygate)


def paygate_app(paygate: Paygate) -> web.Application:
    """To be mounted under /paygate/. Its notices run as long as the application."""
    app = web.Application()
    app[PAYGATE] = paygate
    app.router.add_post("/checkouts", open_checkout)
    app.router.add_post("/lookups", look_up)
    app.router.add_post("/closings", close)
    app.router.add_get("/pay/{token}", show)
    app.router.add_post("/pay/{token}", act)
    app.cleanup_ctx.append(_notifying)
    return app


async def open_checkout(request: web.Request) -> web.Response:
    """A merchant's signed request; the same merchant_ref gives the same checkout."""
    here = request.app[PAYGATE]
    try:
        document = mapping(await body(request), "body")
        headers = {k.lower(): v for k, v in request.headers.items()}
        check_signature(here.key, headers, await request.read(), here.clock())
        row = _new_row(document, here.clock())
    except BadDocument as bad:
        return error(400, "malformed", field=bad.field)
    except Refused as refusal:
        return error(401, refusal.reason)
    async with here.store.writing() as connection:
        known = await _find(connection, checkout.c.merchant_ref == row["merchant_ref"])
        if known is None:
            await connection.execute(insert(checkout).values(row))
        elif (known["amount_fen"], known["notify_url"]) != (row["amount_fen"], row["notify_url"]):
            return error(409, "key_reused")
        else:
            row = dict(known)
    page = f"{here.public_url}/paygate/pay/{row['token']}"
    return answer({"url": page, "expires_at": moment_to(row["expires_at"])}, 201)


async def look_up(request: web.Request) -> web.Response:
    """What became of a merchant_ref: the notice that was or will be sent, 204 while there is none."""
    here = request.app[PAYGATE]
    wanted = await _named(request, here)
    if isinstance(wanted, web.Response):
        return wanted
    async with here.store.reading() as connection:
        row = await _find(connection, checkout.c.merchant_ref == wanted)
    if row is None or row["finished_at"] is None:
        return web.Response(status=204)
    raw = _notice(row)
    return web.Response(body=raw, headers={**signed_headers(here.key, raw, here.clock()), **JSON})


async def close(request: web.Request) -> web.Response:
    """Nobody can pay a merchant_ref any more, unless it was paid; the merchant, who knows, gets no notice of it."""
    here = request.app[PAYGATE]
    wanted = await _named(request, here)
    if isinstance(wanted, web.Response):
        return wanted
    async with here.store.writing() as connection:
        row = await _find(connection, checkout.c.merchant_ref == wanted)
        if row is None:
            return error(404, "not_found")
        if row["state"] == "open":
            closed = {"state": "failed", "finished_at": here.clock(), "notify_at": None}
            await connection.execute(update(checkout).where(checkout.c.merchant_ref == wanted).values(closed))
    return answer({"state": "paid" if row["state"] == "paid" else "failed"})


async def _named(request: web.Request, here: Paygate) -> str | web.Response:
    """The merchant_ref of a signed question, or the error."""
    try:
        document = mapping(await body(request), "body")
        check_signature(
            here.key, {k.lower(): v for k, v in request.headers.items()}, await request.read(), here.clock()
        )
        return string(document.get("merchant_ref"), "merchant_ref", 64)
    except BadDocument as bad:
        return error(400, "malformed", field=bad.field)
    except Refused as refusal:
        return error(401, refusal.reason)


def _new_row(document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    amount = whole(document.get("amount_fen"), "amount_fen")
    url = string(document.get("notify_url"), "notify_url", 256)
    if not 0 < amount <= 10**7 or not url.startswith(("http://", "https://")):
        raise BadDocument("amount_fen")
    return {
        "token": secrets.token_urlsafe(24), "merchant_ref": string(document.get("merchant_ref"), "merchant_ref", 64),
        "amount_fen": amount, "notify_url": url, "expires_at": now + timedelta(seconds=LIFETIME_S), "state": "open",
        "transaction": f"G{secrets.token_hex(10)}", "finished_at": None, "notify_at": None, "notices": 0,
    }  # fmt: skip


async def _find(connection: AsyncConnection, where: Any) -> Mapping[str, Any] | None:
    row: Mapping[str, Any] | None = (await connection.execute(select(checkout).where(where))).mappings().first()
    return row


async def show(request: web.Request) -> web.Response:
    here = request.app[PAYGATE]
    async with here.store.reading() as connection:
        row = await _find(connection, checkout.c.token == request.match_info["token"])
    if row is None:
        raise web.HTTPNotFound()
    return _page(row, here.clock())


async def act(request: web.Request) -> web.Response:
    """The person pays, cancels, or has the merchant told once more. Paying twice is one payment."""
    here = request.app[PAYGATE]
    wish = str((await request.post()).get("act", ""))
    async with here.store.writing() as connection:
        row = await _find(connection, checkout.c.token == request.match_info["token"])
        if row is None:
            raise web.HTTPNotFound()
        changes = _changes(row, wish, here.clock())
        if changes:
            await connection.execute(update(checkout).where(checkout.c.token == row["token"]).values(changes))
    return _page({**row, **changes}, here.clock())


def _changes(row: Mapping[str, Any], wish: str, now: datetime) -> dict[str, Any]:
    if row["state"] == "open" and wish in STATES and row["expires_at"] > now:
        return {"state": STATES[wish], "finished_at": now, "notify_at": now, "notices": 0}
    if row["state"] == "paid" and wish == "again":
        return {"notify_at": now, "notices": 0}
    return {}


def _page(row: Mapping[str, Any], now: datetime) -> web.Response:
    words = read_data("paygate.yml")
    state = "expired" if row["state"] == "open" and row["expires_at"] <= now else row["state"]
    offered = {"open": ("pay", "cancel"), "paid": ("again",)}.get(state, ())
    buttons = "".join(
        f'<button name="act" value="{act}" class="{"main" if act == "pay" else ""}">{words["buttons"][act]}</button>'
        for act in offered
    )
    amount = f"{row['amount_fen'] // 100}.{row['amount_fen'] % 100:02d}"
    page = Template((DATA / "paygate.html").read_text(encoding="utf-8"))
    text = page.substitute(amount=amount, status=words["status"][state], buttons=buttons)
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'self'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type="text/html", headers=headers)


async def _notifying(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(timeout=ClientTimeout(total=NOTICE_TIMEOUT_S)) as session:
        async with repeating(lambda: notify_due(app[PAYGATE], session), LOOK_EVERY_S):
            yield


async def notify_due(paygate: Paygate, session: ClientSession) -> int:
    """Send every notice whose time has come; returns how many the merchant took."""
    now = paygate.clock()
    async with paygate.store.reading() as connection:
        query = select(checkout).where(checkout.c.notify_at <= now).limit(50)
        due = list((await connection.execute(query)).mappings().all())
    taken = 0
    for row in due:
        told = await _notify(paygate, session, row)
        taken += told
        tries = row["notices"] + 1
        again = None if told or tries >= len(RETRIES_S) else now + timedelta(seconds=RETRIES_S[tries])
        async with paygate.store.writing() as connection:
            same = (checkout.c.token == row["token"]) & (checkout.c.notify_at == row["notify_at"])
            await connection.execute(update(checkout).where(same).values(notify_at=again, notices=tries))
    return taken


def _notice(row: Mapping[str, Any]) -> bytes:
    """What a merchant is told of a checkout that has ended."""
    notice = {
        "merchant_ref": row["merchant_ref"], "transaction": row["transaction"], "amount_fen": row["amount_fen"],
        "state": row["state"], "finished_at": moment_to(row["finished_at"]),
    }  # fmt: skip
    return json.dumps(notice).encode()


async def _notify(paygate: Paygate, session: ClientSession, row: Mapping[str, Any]) -> bool:
    raw = _notice(row)
    headers = {**signed_headers(paygate.key, raw, paygate.clock()), **JSON}
    try:
        async with session.post(row["notify_url"], data=raw, headers=headers, allow_redirects=False) as reply:
            return reply.status == 200
    except (ClientError, asyncio.TimeoutError, OSError):
        return False
