"""The CRM's door: the trace id goes out in a header and comes into a log line that nobody can forge."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from crm import tracing
from crm.asking import ask
from crm.port import within


@pytest.fixture
async def url(caplog: pytest.LogCaptureFixture) -> AsyncIterator[str]:
    """A server that answers with the trace header that came."""
    caplog.set_level(logging.INFO, "crm.requests")

    async def told(request: web.Request) -> web.Response:
        if "fail" in request.query:
            raise web.HTTPConflict
        return web.Response(text=request.headers.get(tracing.HEADER, "none"))

    app = web.Application(middlewares=[tracing.logged])
    app.router.add_get("/customer/{id}", told)
    app.router.add_get("/healthz", told)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "crm.requests"]


async def told_by(http: aiohttp.ClientSession, url: str) -> bytes:
    return (await ask(http, "GET", f"{url}/customer/1", deadline=within(5))).raw


async def test_what_is_bound_goes_out_and_nothing_where_nothing_is(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        with structlog.contextvars.bound_contextvars(trace="abc123"):
            assert await told_by(http, url) == b"abc123"
        assert await told_by(http, url) == b"none"


async def test_a_line_holds_the_trace_and_the_routes_pattern_only(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with aiohttp.ClientSession(headers={tracing.HEADER: "abc123"}) as http:
        for path in (
            "/customer/13800000018?number=13800000018",
            "/customer/1?fail=1",
            "/nowhere/13800000018",
            "/healthz",
        ):
            await http.get(url + path)
    told = [(line["route"], line["status"], line["trace"]) for line in lines(caplog)]
    assert told == [("/customer/{id}", 200, "abc123"), ("/customer/{id}", 409, "abc123"), ("unknown", 404, "abc123")]
    assert "13800000018" not in caplog.text


@pytest.mark.parametrize("forged", ['x","event":"paid', "a b", "x" * 65, "号", ""])
async def test_a_forged_trace_is_left_out(url: str, caplog: pytest.LogCaptureFixture, forged: str) -> None:
    async with aiohttp.ClientSession(headers={tracing.HEADER: forged}) as http:
        await http.get(f"{url}/customer/1")
    (line,) = lines(caplog)
    assert "trace" not in line and line["event"] == "request"
