"""A demo works with the reference CRM only: whatever else answers at its address is refused in words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from console.demo import rules
from crm.reference.app import NAME
from switchboard.errors import BadSettings
from switchboard.settings import Settings


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def check(http: aiohttp.ClientSession, server: web.Response, demo: bool = True) -> None:
    async def healthz(_: web.Request) -> web.Response:
        return server

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    async with TestServer(app, host="127.0.0.1") as crm:
        await rules.check_crm(Settings(demo=demo, crm_url=str(crm.make_url("")).rstrip("/")), http)


@pytest.mark.parametrize("status", [200, 503])
async def test_a_demo_accepts_the_reference_crm(http: aiohttp.ClientSession, status: int) -> None:
    await check(http, web.Response(status=status, headers={"Server": NAME}))


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_a_demo_refuses_any_other_crm(http: aiohttp.ClientSession, status: int) -> None:
    with pytest.raises(BadSettings, match="RENJI_CRM_URL .* is not the reference CRM"):
        await check(http, web.Response(status=status))


async def test_a_production_gateway_asks_nothing(http: aiohttp.ClientSession) -> None:
    await check(http, web.Response(), demo=False)


async def test_a_crm_that_is_away_is_waited_for_not_refused(http: aiohttp.ClientSession) -> None:
    await rules.check_crm(Settings(demo=True, crm_url=f"http://127.0.0.1:{unused_port()}"), http)
