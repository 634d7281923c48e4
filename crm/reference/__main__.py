"""Serves the reference CRM and the stand-in payment gateway: python -m crm.reference --port 8090 --database URL."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import uvloop
from aiohttp import web

from crm.reference.app import crm_app
from crm.reference.catalogue import DATA, demo_policy, read_catalogue
from crm.reference.cycle import run_cycles
from crm.reference.http import Office
from crm.reference.hub import origins
from crm.reference.hub_delivery import delivering
from crm.reference.keys import card_key, crm_token, default_secret_file, paygate_key, read_secret
from crm.reference.paygate import Paygate, paygate_app
from crm.reference.seed import fill_papers
from crm.reference.store import Store
from crm.reference.telling import telling
from crm.tmf import tmf_crm
from crm.tracing import write_lines

RARELY = (20_000, 20, 20)


def now() -> datetime:
    return datetime.now(timezone.utc)


def build(options: argparse.Namespace) -> web.Application:
    """The whole process as one application; the database is opened when it starts and closed when it ends."""
    secret = read_secret(options.secret_file)
    store = Store(options.database)
    office = Office(
        store, read_catalogue(options.catalogue), demo_policy(), now, crm_token(secret), card_key(secret),
        options.listeners,
    )  # fmt: skip
    app = crm_app(office)
    public_url = options.public_url or f"http://{options.host}:{options.port}"
    app.add_subapp("/paygate/", paygate_app(Paygate(store, paygate_key(secret), now, public_url)))
    app.cleanup_ctx.insert(0, partial(_running, office, options.tell))
    if options.carrier:
        # Nobody else waits for its modules at the start.
        from crm.carrier.standin import carrier_app
        from crm.carrier.wire import signing_key

        own = tmf_crm(f"http://{options.host}:{options.port}", office.token, now)
        app.add_subapp("/carrier/", carrier_app(own, signing_key(office.token), now))
    return app


async def _running(office: Office, tell: str, _: web.Application) -> AsyncIterator[None]:
    """What is done beside answering, from the migration of the database to its end."""
    store = office.store
    await store.migrate()
    await fill_papers(store, office.card_key)
    told = telling(store, office.terms, tell, office.token)
    async with run_cycles(store, office.terms), told, delivering(store, office.terms):
        # As switchboard.garbage.seldom, which the CRM may not know: what is there stays and is looked through no more.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*RARELY)
        yield
    await store.close()


def _allowed(text: str) -> frozenset[str]:
    try:
        return origins(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m crm.reference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--database", default="sqlite+aiosqlite:///var/crm.db")
    parser.add_argument("--catalogue", type=Path, default=DATA / "catalogue.yml", help="what is sold")
    parser.add_argument("--secret-file", type=Path, default=default_secret_file())
    parser.add_argument("--public-url", default="", help="where a person's browser finds the payment page")
    parser.add_argument("--tell", default="", help="URL of a gateway's /crm/events; without it nothing is told")
    parser.add_argument(
        "--listeners", type=_allowed, default=os.environ.get("RENJI_CRM_LISTENERS", ""),
        help="origins that may register at a hub, parted by commas: https://bus.example.cn",
    )  # fmt: skip
    parser.add_argument(
        "--carrier", action="store_true", default=os.environ.get("RENJI_CRM") == "carrier",
        help="answer under /carrier/ too, in the form of a carrier's own; the stand-in asks this CRM itself",
    )  # fmt: skip
    options = parser.parse_args()
    write_lines()
    uvloop.install()
    web.run_app(build(options), host=options.host, port=options.port, access_log=None, print=None, shutdown_timeout=5)


if __name__ == "__main__":
    main()
