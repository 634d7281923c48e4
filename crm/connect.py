"""Which CRM stands behind the port: a carrier that speaks neither of these adds its own adapter to ADAPTERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from crm.port import Crm
from crm.tmf import tmf_crm

Clock = Callable[[], datetime]
Adapter = Callable[[str, str, Clock], AbstractAsyncContextManager[Crm]]


def _carrier(url: str, secret: str, clock: Clock) -> AbstractAsyncContextManager[Crm]:
    # Nobody else waits for its modules at the start.
    from crm.carrier.adapter import carrier_crm
    from crm.carrier.wire import signing_key

    return carrier_crm(url, signing_key(secret), clock)


ADAPTERS: Mapping[str, Adapter] = {"tmf": tmf_crm, "carrier": _carrier}


def connected(kind: str, url: str, secret: str, clock: Clock) -> AbstractAsyncContextManager[Crm]:
    """The CRM at `url`, as long as the block runs. `kind` is one of ADAPTERS, `secret` what both sides know."""
    return ADAPTERS[kind](url, secret, clock)
