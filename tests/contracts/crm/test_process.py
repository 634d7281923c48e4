"""The reference CRM as a process of its own: it serves, it is killed, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession
from aiohttp.test_utils import unused_port

from crm.connect import ADAPTERS, connected
from crm.port import Crm, OrderItem, OrderRequest, within
from crm.reference.stories import demo_cards
from tests.contracts.crm.serving import copy_seeded

LI = "+8613800000000"
SECRET = "s" * 40
REQUEST = OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q1", "web", 1000)


@asynccontextmanager
async def process(folder: Path, kind: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Crm, str]]:
    """Started and healthy, with the adapter that RENJI_CRM names; killed at the end."""
    port = unused_port()
    command = ["-m", "crm.reference", "--port", str(port), "--database", f"sqlite+aiosqlite:///{folder}/crm.db"]
    command += ["--secret-file", str(folder / "secret")]
    running = await asyncio.create_subprocess_exec(sys.executable, *command, env={**os.environ, "RENJI_CRM": kind})
    url = f"http://127.0.0.1:{port}"
    try:
        await asyncio.wait_for(_healthy(url), 60)
        token = hmac.new(SECRET.encode(), b"crm", hashlib.sha256).hexdigest()
        async with connected(kind, url, token, lambda: datetime.now(timezone.utc)) as crm:
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


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_a_killed_crm_keeps_its_orders_and_its_answers(tmp_path: Path, seeded: Path, kind: str) -> None:
    copy_seeded(seeded, tmp_path)
    (tmp_path / "secret").write_text(SECRET)
    async with process(tmp_path, kind) as (running, crm, _):
        first = await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(10))
        running.kill()
    async with process(tmp_path, kind) as (running, crm, url):
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
