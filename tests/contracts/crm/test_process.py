"""The reference CRM as a process of its own: it serves, it is killed, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientError, ClientSession
from aiohttp.test_utils import unused_port

from crm.port import OrderItem, OrderRequest, within
from crm.reference.stories import demo_cards
from crm.tmf import TmfCrm, tmf_crm
from tests.contracts.crm.serving import copy_seeded

LI = "+8613800000000"
SECRET = "s" * 40
REQUEST = OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q1", "web", 1000)


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, TmfCrm, str]]:
    """Started and healthy; killed at the end."""
    port = unused_port()
    command = ["-m", "crm.reference", "--port", str(port), "--database", f"sqlite+aiosqlite:///{folder}/crm.db"]
    running = await asyncio.create_subprocess_exec(sys.executable, *command, "--secret-file", str(folder / "secret"))
    url = f"http://127.0.0.1:{port}"
    try:
        await asyncio.wait_for(_healthy(url), 60)
        token = hmac.new(SECRET.encode(), b"crm", hashlib.sha256).hexdigest()
        async with tmf_crm(url, token) as crm:
            yield running, crm, url
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def _healthy(url: str) -> None:
    async with ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/healthz") as reply:
                    if reply.status == 200:
                        return
            except ClientError:
                pass
            await asyncio.sleep(0.1)


async def test_a_killed_crm_keeps_its_orders_and_its_answers(tmp_path: Path, seeded: Path) -> None:
    copy_seeded(seeded, tmp_path)
    (tmp_path / "secret").write_text(SECRET)
    async with process(tmp_path) as (running, crm, _):
        first = await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(10))
        running.kill()
    async with process(tmp_path) as (running, crm, url):
        assert first == await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(10))
        assert (first,) == await crm.orders(LI, deadline=within(10))
        async with ClientSession() as stranger:
            async with stranger.get(f"{url}/paygate/pay/none") as page:
                assert 404 == page.status
        running.terminate()
        assert await asyncio.wait_for(running.wait(), 20) in (0, -15)


def test_the_demo_cards_have_eighteen_digits_and_are_no_id_numbers() -> None:
    for number, amount_fen in demo_cards().items():
        assert 18 == len(number) and number.isdigit() and amount_fen > 0
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        check = "10X98765432"[sum(int(d) * w for d, w in zip(number, weights, strict=False)) % 11]
        assert number[:2] == "80" or check != number[-1]
