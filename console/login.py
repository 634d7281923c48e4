"""Logging in and out."""

from __future__ import annotations

import re

from aiohttp import web

from console.accounts import ABSOLUTE, Accounts, LoginRefused
from console.web import COOKIE, PUBLIC, Route, field, go, page, session_of
from switchboard.ports import Handoffs

_NEXT = re.compile(r"/(desk|reports)(/[\w:./-]*)?")


class Login:
    def __init__(self, accounts: Accounts, handoffs: Handoffs, secure: bool) -> None:
        self._accounts, self._handoffs, self._secure = accounts, handoffs, secure

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/login", self.show, PUBLIC),
            Route("POST", "/login", self.log_in, PUBLIC),
            Route("POST", "/logout", self.log_out),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        return page(request, "login.html", refused="", name="", next=_local(request.query.get("next", "")))

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        name, target = field(request, "name").strip(), _local(field(request, "next"))
        try:
            token = await self._accounts.log_in(name, field(request, "password"), request.remote or "")
        except LoginRefused as refusal:
            refused = "too_many" if refusal.too_many else "wrong"
            status = 429 if refusal.too_many else 401
            return page(request, "login.html", status, refused=refused, name=name[:64], next=target)
        response = go(request, target)
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(ABSOLUTE.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=self._secure,
            path="/",
        )
        return response

    async def log_out(self, request: web.Request) -> web.StreamResponse:
        session = session_of(request)
        await self._accounts.log_out(session)
        await self._handoffs.absent(session.person.id)
        response = go(request, "/login")
        response.del_cookie(COOKIE, path="/")
        return response


def _local(path: str) -> str:
    """Where to go after logging in: a page of ours, never somebody else's."""
    return path if _NEXT.fullmatch(path) else "/desk"
