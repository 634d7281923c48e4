"""One trace id through the CRM's door: out in a header, in into a log line of whoever serves it.

The caller binds it once with structlog's contextvars (`trace`); where nothing is bound no header is sent.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

from aiohttp import web
from structlog.contextvars import get_contextvars

HEADER = "X-Trace-Id"
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
log = logging.getLogger("crm.requests")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def sent() -> dict[str, str]:
    """The header of a request that carries the trace id of the work it is part of. aiohttp's own hook for that takes
    half as long as the call."""
    trace = get_contextvars().get("trace")
    return {HEADER: trace} if trace else {}


@web.middleware
async def logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One JSON line a request, by its route's pattern: a path or a query may hold a number."""
    began, status = time.monotonic(), 500
    try:
        answer = await handler(request)
        status = answer.status
        return answer
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "unknown"
        if route != "/healthz":
            log.info(_line(request, route, status, int((time.monotonic() - began) * 1000)))


def _line(request: web.Request, route: str, status: int, took_ms: int) -> str:
    told: dict[str, object] = {"event": "request", "process": "crm", "level": "info", "method": request.method[:10]}
    told |= {"route": route, "status": status, "ms": took_ms, "timestamp": datetime.now(timezone.utc).isoformat()}
    trace = request.headers.get(HEADER, "")
    # Whatever else stands there could forge a line.
    return json.dumps(told | ({"trace": trace} if _ID.fullmatch(trace) else {}))


def write_lines() -> None:
    """To stderr. Call once from a composition root."""
    logging.basicConfig(format="%(message)s")
    # As logging's own documentation advises: nobody asks a line which thread, process or place it comes from.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # type: ignore[attr-defined]
    log.setLevel(logging.INFO)
