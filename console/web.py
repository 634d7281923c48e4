"""What all pages of the console have in common: who may call them, the tokens they ask for, the headers of answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import hdrs, web
from multidict import MultiDict

from console.accounts import ROLES, Accounts, Session, csrf_fits
from switchboard.errors import BadRecord, NotOwner, NotReachable

COOKIE = "renji_console"
TEMPLATES: web.AppKey[jinja2.Environment] = web.AppKey("console_templates", jinja2.Environment)
SESSION: web.RequestKey[Session] = web.RequestKey("console_session", Session)
FORM: web.RequestKey[MultiDict[str]] = web.RequestKey("console_form", MultiDict)
MOST_BYTES = 64 * 1024
"""Of a body."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

PUBLIC: frozenset[str] = frozenset()
ANYONE = frozenset(ROLES)
SUPERVISORS = frozenset({"supervisor"})

logger = structlog.get_logger()


@dataclass(frozen=True)
class Route:
    """One way in. `roles` empty: no log-in needed. `touches` false: pages call it by themselves."""

    method: str
    path: str
    handler: Handler
    roles: frozenset[str] = ANYONE
    touches: bool = True


class Gate:
    """Wraps handlers: origin, session, role, CSRF token, headers."""

    def __init__(self, accounts: Accounts, public_url: str) -> None:
        self._accounts = accounts
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(public_url))

    def wrap(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                response = await self._handle(route, request)
            except (web.HTTPForbidden, web.HTTPNotFound) as error:
                response = problem(request, error.status, "not_yours" if error.status == 403 else "no_conversation")
            except web.HTTPException as error:
                error.headers.update(HEADERS)
                raise
            except NotOwner:
                response = problem(request, 409, "not_owner")
            except BadRecord:
                response = problem(request, 404, "no_conversation")
            except NotReachable as error:
                logger.warning("console_cannot_reach", error=str(error))
                response = problem(request, 503, "not_reachable")
            if not response.prepared:
                for name, value in HEADERS.items():
                    response.headers.setdefault(name, value)
            return response

        return handle

    async def _handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        form: MultiDict[str] = MultiDict()
        if route.method == hdrs.METH_POST:
            if not self._own_page(request):
                return problem(request, 403, "foreign_page")
            form = await read_form(request)
        if route.roles:
            refusal = await self._admit(route, request, form)
            if refusal is not None:
                return refusal
        request[FORM] = form
        return await route.handler(request)

    async def _admit(self, route: Route, request: web.Request, form: MultiDict[str]) -> web.Response | None:
        """Put the session into the request, or say why not."""
        token = request.cookies.get(COOKIE, "")
        session = await self._accounts.session(token, route.touches) if token else None
        if session is None:
            return _to_login(request)
        request[SESSION] = session
        if session.person.role not in route.roles:
            return problem(request, 403, "not_your_role")
        if route.method == hdrs.METH_POST:
            given = form.get("csrf") or request.headers.get("X-CSRF-Token", "")
            if not csrf_fits(session, given):
                return problem(request, 403, "csrf")
        return None

    def _own_page(self, request: web.Request) -> bool:
        """Browsers name the page that posts; one that names no page is no browser, and has no cookie to abuse."""
        origin = request.headers.get(hdrs.ORIGIN)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        return origin is None or origin in (self._origin, f"{request.scheme}://{request.host}")


async def read_form(request: web.Request) -> MultiDict[str]:
    """The text fields of a small form. Answers 411 or 413 for no or too great a length, 400 for a malformed one."""
    if request.content_length is None and request.can_read_body:
        raise web.HTTPLengthRequired
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, request.content_length or 0)
    if request.headers.get(hdrs.CONTENT_ENCODING):
        raise web.HTTPUnsupportedMediaType
    try:
        fields = await request.post()
    except (ValueError, UnicodeError, AssertionError) as error:
        raise web.HTTPBadRequest from error
    return MultiDict((name, value.replace("\x00", "")) for name, value in fields.items() if isinstance(value, str))


def session_of(request: web.Request) -> Session:
    return request[SESSION]


def field(request: web.Request, name: str) -> str:
    """A field of the form, "" when it is not there."""
    return str(request[FORM].get(name, ""))


def page(request: web.Request, template: str, status: int = 200, **context: Any) -> web.Response:
    """A rendered template; `session` is None on public pages."""
    values = {"session": request.get(SESSION), "path": request.path, **context}
    return aiohttp_jinja2.render_template(template, request, values, app_key=TEMPLATES, status=status)


def problem(request: web.Request, status: int, code: str, **context: Any) -> web.Response:
    """Says in words what is wrong, as a fragment or a page. `code` names the words in templates/labels.html."""
    part = "problem.html" if is_fragment(request) else "problem_page.html"
    return page(request, part, status, code=code, **context)


def is_fragment(request: web.Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def go(request: web.Request, path: str) -> web.Response:
    """Send the browser to another page."""
    if is_fragment(request):
        return web.Response(headers={"HX-Redirect": path})
    return web.Response(status=303, headers={"Location": path})


def _to_login(request: web.Request) -> web.Response:
    if is_fragment(request):
        return web.Response(status=401, headers={"HX-Redirect": "/login"})
    if request.method != hdrs.METH_GET:
        return problem(request, 401, "signed_out")
    return go(request, f"/login?next={quote(request.path)}")
