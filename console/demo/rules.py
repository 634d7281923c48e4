"""What a demo installation refuses: strangers, a carrier's CRM, and real channels."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import web

from crm.reference import NAME
from switchboard.errors import BadSettings
from switchboard.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ASK_S = 5.0
_log = structlog.get_logger()
_REAL = (
    "sms_send_url",
    "sms_secret",
    "wechat_api_url",
    "wechat_app_id",
    "wechat_app_secret",
    "wechat_token",
    "wechat_aes_key",
    "wechat_previous_aes_key",
    "paygate_secret",
)


def check(settings: Settings) -> None:
    """Raises BadSettings that lists everything a demo may not have."""
    if not settings.demo:
        return
    faults = [
        f"RENJI_{name.upper()} must be empty: a demo uses its own phones" for name in _REAL if getattr(settings, name)
    ]
    if not is_loopback(settings.host):
        faults.append(f"RENJI_HOST {settings.host} is reachable from outside: a demo listens on loopback only")
    for name in ("public_url", "crm_url"):
        if not is_loopback(urlsplit(getattr(settings, name)).hostname or ""):
            faults.append(f"RENJI_{name.upper()} must be on this machine: a demo works with the reference CRM only")
    if faults:
        raise BadSettings("RENJI_DEMO=1: " + "; ".join(faults))


async def check_crm(settings: Settings, http: aiohttp.ClientSession) -> None:
    """Raises BadSettings when what answers at the CRM's address does not call itself the reference CRM.

    One that does not answer is no reason to stop: it starts beside us, or starts again.
    """
    if not settings.demo:
        return
    try:
        timeout = aiohttp.ClientTimeout(total=ASK_S)
        async with http.get(f"{settings.crm_url}/healthz", timeout=timeout, allow_redirects=False) as answer:
            name = answer.headers.get("Server", "")
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
        _log.warning("crm_not_asked", error=type(error).__name__)
        return
    if name != NAME:
        raise BadSettings(
            f"RENJI_DEMO=1: what answers at RENJI_CRM_URL {settings.crm_url} is not the reference CRM, "
            "and a demo would order and charge in it"
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@web.middleware
async def only_loopback_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) still sends its own name as Host."""
    if not is_loopback(urlsplit(f"//{request.host}").hostname or ""):
        raise web.HTTPMisdirectedRequest
    return await handler(request)
