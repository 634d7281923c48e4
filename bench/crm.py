"""How fast the CRM answers: in memory, and over TM Forum HTTP before SQLite: python -m bench.crm --seconds 2."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

from aiohttp import web

from crm.fake import FakeCrm
from crm.model import OrderItem, OrderRequest
from crm.port import Crm, within
from crm.reference.app import crm_app
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.reference.http import Office
from crm.reference.seed import seed
from crm.reference.store import Store
from crm.tmf import tmf_crm

LI = "+8613800000000"
KEY = b"k" * 32
Call = Callable[[Crm, int], Awaitable[object]]


def now() -> datetime:
    return datetime.now(timezone.utc)


async def order(crm: Crm, n: int) -> object:
    """A free service on its own subscriber each time, so that no rule refuses it."""
    msisdn = f"+86{13910000000 + n}"
    payment = await crm.create_payment(msisdn, 1000, "bench", idempotency_key=f"p{n}", deadline=within(10))
    await crm.top_up_paid(payment.id, 1000, idempotency_key=f"g{n}", deadline=within(10))
    request = OrderRequest(msisdn, (OrderItem("add", "pack-day-1g"),), f"q{n}", "web")
    return await crm.place_order(request, idempotency_key=f"q{n}", deadline=within(10))


CALLS: dict[str, Call] = {
    "subscriber": lambda crm, n: crm.subscriber_of(LI, deadline=within(10)),
    "balance": lambda crm, n: crm.balance(LI, deadline=within(10)),
    "allowances": lambda crm, n: crm.allowances(LI, deadline=within(10)),
    "bill with items": lambda crm, n: crm.bill(LI, now().strftime("%Y-%m"), deadline=within(10)),
    "catalogue": lambda crm, n: crm.offerings(deadline=within(10)),
    "qualification": lambda crm, n: crm.qualify(LI, [OrderItem("add", "pack-5g")], deadline=within(10)),
}


async def measure(crm: Crm, call: Call, seconds: float) -> list[float]:
    """Milliseconds of each call, one after another."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        await call(crm, len(taken))
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def rush(crm: Crm, lanes: int, each: int) -> float:
    """Paid orders per second over all lanes (a payment, its credit and an order each)."""

    async def lane(number: int) -> None:
        for n in range(each):
            try:
                await order(crm, number * each + n)
            except Exception as error:  # noqa: BLE001 - somebody in arrears or with five packs: counted, not hidden
                refused.append(error)

    refused: list[Exception] = []
    began = time.perf_counter()
    await asyncio.gather(*(lane(n) for n in range(lanes)))
    spent = time.perf_counter() - began
    print(f"  ({len(refused)} of {lanes * each} orders refused by rule)")
    return lanes * each / spent


async def main(subscribers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite+aiosqlite:///{folder}/crm.db")
        began = time.perf_counter()
        await seed(store, subscribers, now(), KEY)
        print(f"seed: {subscribers} subscribers in {time.perf_counter() - began:.1f} s")
        runner = web.AppRunner(crm_app(Office(store, demo_catalogue(), demo_policy(), now, "t", KEY)), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        fake = FakeCrm.demo(now)
        async with tmf_crm(f"http://127.0.0.1:{port}", "t", now) as real:
            print(f"{'read':<16} {'fake ms':>9} {'tmf p50':>9} {'tmf p95':>9} {'ratio':>8}")
            for name, call in CALLS.items():
                quick, slow = await measure(fake, call, seconds), await measure(real, call, seconds)
                half, most = statistics.median(slow), statistics.quantiles(slow, n=20)[18]
                base = statistics.median(quick)
                print(f"{name:<16} {base:>9.3f} {half:>9.2f} {most:>9.2f} {half / base:>8.0f}")
            print(f"paid orders: {await rush(real, 8, 20):.1f} a second, 8 at a time, client and server in one process")
        await runner.cleanup()
        await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    asyncio.run(main(options.subscribers, options.seconds))
