"""Each fault of the proxy looks to the one who asks as it would look on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, web

from tests.chaos.proxy import HOST, FaultProxy
from tests.ports import free_port


class Upstream:
    """Counts the work that it did."""

    def __init__(self) -> None:
        self.port, self.done = free_port(), 0
        self.runner = web.ServerRunner(web.Server(self.handle))

    async def start(self) -> None:
        await self.runner.setup()
        await web.TCPSite(self.runner, HOST, self.port).start()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.done += 1
        return web.json_response({"path": request.raw_path, "body": (await request.read()).decode()})


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    server = Upstream()
    await server.start()
    yield server
    await server.runner.cleanup()


@pytest.fixture
async def proxy(upstream: Upstream) -> AsyncIterator[FaultProxy]:
    between = FaultProxy(free_port(), upstream.port)
    async with between.running():
        yield between


async def ask(proxy: FaultProxy, within_s: float = 10.0) -> tuple[int, str]:
    async with ClientSession(timeout=ClientTimeout(total=within_s)) as http:
        async with http.post(f"http://{HOST}:{proxy.port}/a%2Fb?c=1", data="hello") as answer:
            return answer.status, await answer.text()


async def test_without_a_fault_everything_passes_unchanged(upstream: Upstream, proxy: FaultProxy) -> None:
    assert await ask(proxy) == (200, '{"path": "/a%2Fb?c=1", "body": "hello"}')
    assert proxy.hits == {"": 1}


async def test_a_reset_does_no_work_and_a_lost_answer_comes_after_it(upstream: Upstream, proxy: FaultProxy) -> None:
    for fault, done in (("reset", 0), ("lost answer", 1)):
        proxy.fault = fault
        with pytest.raises(ClientError):
            await ask(proxy)
        assert upstream.done == done
    assert proxy.hits == {"reset": 1, "lost answer": 1}


async def test_503_is_answered_by_the_proxy_itself(upstream: Upstream, proxy: FaultProxy) -> None:
    proxy.fault = "503"
    assert (await ask(proxy))[0] == 503
    assert upstream.done == 0


async def test_a_half_open_link_never_answers(upstream: Upstream, proxy: FaultProxy) -> None:
    proxy.fault = "half-open"
    with pytest.raises(asyncio.TimeoutError):
        await ask(proxy, within_s=0.3)
    assert upstream.done == 0


async def test_a_slow_link_answers_in_the_end(
    upstream: Upstream, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.chaos.proxy.LATENCY_S", (0.2, 0.2))
    proxy.fault = "latency"
    with pytest.raises(asyncio.TimeoutError):
        await ask(proxy, within_s=0.1)
    assert (await ask(proxy))[0] == 200


async def test_a_dead_upstream_is_refused_until_it_is_back(upstream: Upstream, proxy: FaultProxy) -> None:
    await upstream.runner.cleanup()
    proxy.upstream_died()
    with pytest.raises(ClientConnectorError):
        await ask(proxy)
    await asyncio.sleep(0.1)
    with pytest.raises(ClientConnectorError):
        await ask(proxy)
    upstream.runner = web.ServerRunner(web.Server(upstream.handle))
    await upstream.start()
    for _ in range(100):
        try:
            assert (await ask(proxy))[0] == 200
            break
        except ClientConnectorError:
            await asyncio.sleep(0.05)
    else:
        pytest.fail("the proxy did not come back")
