"""Whether the other processes answer, and how long certificates are good."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp

from switchboard.doctor.finding import FAIL, OK, WARN, Finding
from switchboard.settings import Settings

TIMEOUT_S = 5.0
SOON_DAYS, TOO_SOON_DAYS = 21, 3


async def reachable(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    slots = [url.strip().rstrip("/") for url in settings.rasa_urls.split(",") if url.strip()]
    crm, actions = settings.crm_url.rstrip("/"), settings.actions_url.rstrip("/")
    paths = [f"http://{settings.host}:{settings.port}/readyz", f"{crm}/healthz"]
    paths += [f"{url}/webhooks/renji/health" for url in slots]
    gateway, customers, *rasa = await asyncio.gather(*(_status(http, path) for path in paths))
    return [
        _gateway(gateway, settings.port),
        await _actions(http, actions),
        # A carrier's own CRM may not know the path: any answer but a failure says that it is there.
        _simple("crm", 0 < customers < 500, f"does not answer at {crm}: start it, or set RENJI_CRM_URL"),
        *_rasa(rasa),
    ]


async def _status(http: aiohttp.ClientSession, url: str) -> int:
    """The HTTP status, 0 for no answer."""
    try:
        async with http.get(url, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as answer:
            return answer.status
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
        return 0


def _gateway(status: int, port: int) -> Finding:
    if status == 200:
        return Finding(OK, "gateway", "is ready")
    if status == 503:
        return Finding(WARN, "gateway", "is up but not ready: its /readyz says which part")
    return Finding(FAIL, "gateway", f"does not answer on port {port}: start it, or set RENJI_PORT")


async def _actions(http: aiohttp.ClientSession, url: str) -> Finding:
    if not url:
        return Finding(OK, "actions", "run in Rasa's slots")
    answers = await _status(http, f"{url}/health") == 200
    return _simple("actions", answers, f"does not answer at {url}: start it, every answer needs it")


def _simple(what: str, fine: bool, otherwise: str) -> Finding:
    return Finding(OK, what, "answers") if fine else Finding(FAIL, what, otherwise)


def _rasa(statuses: list[int]) -> Iterator[Finding]:
    ready = sum(status == 200 for status in statuses)
    if not ready:
        yield Finding(FAIL, "rasa", "no slot is ready: see var/log/rasa-a.log, and whether a release was trained")
    elif ready < max(2, len(statuses)):
        yield Finding(
            WARN, "rasa", f"{ready} of {max(2, len(statuses))} slots is ready: with one, its end is an outage"
        )
    else:
        yield Finding(OK, "rasa", f"{ready} slots are ready")


async def certificates(settings: Settings) -> list[Finding]:
    """Of every https address in the settings."""
    urls = (settings.public_url, settings.crm_url, settings.sms_send_url, settings.wechat_api_url, settings.paygate_url)
    hosts = sorted({(p.hostname or "", p.port or 443) for p in map(urlsplit, urls) if p.scheme == "https"})
    if not hosts:
        return [Finding(OK, "certificates", "none is used")]
    return list(await asyncio.gather(*(asyncio.to_thread(_certificate, host, port) for host, port in hosts)))


def _certificate(host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as plain:
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
                told = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Finding(FAIL, "certificates", f"{host}: {error.verify_message}; renew it or trust its issuer")
    except OSError as error:
        return Finding(
            WARN,
            "certificates",
            f"{host}:{port} cannot be reached ({error.strerror or error}): look from a machine that can",
        )
    return lasting(host, (ssl.cert_time_to_seconds(str(told["notAfter"])) - time.time()) / 86400)


def lasting(host: str, days: float) -> Finding:
    """How good a certificate is that ends in `days`."""
    level = FAIL if days < TOO_SOON_DAYS else WARN if days < SOON_DAYS else OK
    return Finding(level, "certificates", f"{host}: {days:.0f} days left{'' if level == OK else ', renew it'}")
