"""Everything that our adapter asks and the reference CRM answers is what TM Forum's official swagger files say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from crm.port import within
from crm.reference.http import MEDIA_TYPE
from crm.tmf import TmfCrm, tmf_crm
from tests.contracts.crm.living import TALK, live
from tests.contracts.crm.serving import LISTENER, TOKEN, Clock, Reference, serving
from tests.contracts.crm.swaggers import answer_faults, base_path, faults, operation_of, served, swaggers

PROFILE = {
    "/tmf-api/party/v4/partyProof": "no API of TM Forum proves who somebody is by a word",
    "/tmf-api/resourceInventoryManagement/v4/resource": "639 is not among the files that lie there",
}
"""What we serve beside the swaggers, see docs/your-crm.md."""
BENT = {
    (
        "646",
        "/appointment/{id}",
        "patch",
    ): "a merge patch of the state; the file asks for the time that stays as it was",
}
"""Requests of ours that are not what the file says, with the reason."""


@dataclass
class Heard:
    """What went over the wire."""

    method: str
    path: str
    asked: Any
    status: int
    told: Any
    headers: dict[str, str]


@dataclass
class Wire:
    """The adapter, plain HTTP, and everything that either said."""

    crm: TmfCrm
    http: ClientSession
    reference: Reference
    heard: list[Heard] = field(default_factory=list)


@pytest.fixture
async def wire(seeded: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Wire]:
    heard: list[Heard] = []

    @web.middleware
    async def listen(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        asked = await request.json() if request.can_read_body else None
        response = await handler(request)
        assert isinstance(response, web.Response)
        told = json.loads(response.body) if isinstance(response.body, bytes) else None
        heard.append(Heard(request.method, request.path, asked, response.status, told, dict(response.headers)))
        return response

    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with serving(seeded, tmp_path, clock, listen) as running, tmf_crm(running.url, TOKEN, clock) as crm:
        async with ClientSession(running.url, headers=headers) as http:
            yield Wire(crm, http, running, heard)


OTHERS = (
    "/tmf-api/party/v4/individual?contactMedium.characteristic.phoneNumber=%2B8613800000000",
    "/tmf-api/agreementManagement/v4/agreement?engagedParty.id=%2B8613800000005",
    "/tmf-api/accountManagement/v4/billingAccount?relatedParty.id=%2B8613800000001",
    "/tmf-api/productCatalogManagement/v4/productOfferingPrice?limit=5",
    "/tmf-api/prepayBalanceManagement/v4/accumulatedBalance?logicalResource.id=%2B8613800000000",
    "/tmf-api/prepayBalanceManagement/v4/topupBalance?logicalResource.id=%2B8613800000000",
)
"""What is served to others than our adapter."""
TALKS = "/tmf-api/partyInteraction/v4/partyInteraction?relatedParty.id=%2B8613800000000"


async def test_what_is_asked_and_told_is_what_the_swaggers_say(wire: Wire) -> None:
    everything = set(served())
    visit = await live(wire.crm)
    await wire.crm.cancel_visit(visit, idempotency_key="w", deadline=within(20))
    await wire.crm.puk("+8613800000000", deadline=within(20))
    for path in OTHERS:
        (await wire.http.get(path)).raise_for_status()
    for member in [
        row["href"] for one in wire.heard if isinstance(one.told, list) for row in one.told[:1] if "href" in row
    ]:
        (await wire.http.get(member)).raise_for_status()
    ticket = next(one.told["href"] for one in wire.heard if "troubleTicket" in one.path and one.method == "POST")
    await wire.http.patch(ticket, json={"status": "resolved"}, headers={"Idempotency-Key": "patch"})
    talk = await wire.http.post(
        "/tmf-api/partyInteraction/v4/partyInteraction", json=TALK, headers={"Idempotency-Key": "talk"}
    )
    for path in ((await talk.json())["href"], TALKS):
        (await wire.http.get(path)).raise_for_status()
    for number, path, method in everything:
        if (path, method) == ("/hub", "post"):
            await listen_and_leave(wire.http, base_path(number))
    question = next(one.told["href"] for one in wire.heard if "queryUsage" in one.path)
    (await wire.http.get(question)).raise_for_status()
    assert [] == [fault for one in wire.heard for fault in found_in(one)]
    assert [] == sorted(everything - {known[0] for one in wire.heard if (known := operation_of(one.method, one.path))})


async def listen_and_leave(http: ClientSession, base: str) -> None:
    headers = {"Idempotency-Key": f"hub {base}"}
    async with http.post(f"{base}/hub", json={"callback": f"{LISTENER}/events"}, headers=headers) as reply:
        listener = await reply.json()
    (await http.delete(f"{base}/hub/{listener['id']}")).raise_for_status()


def found_in(one: Heard) -> list[str]:
    known = operation_of(one.method, one.path)
    if known is None:
        return [] if one.path in PROFILE else [f"{one.path} is in no swagger"]
    (number, path, method), operation = known
    wrong = answer_faults((number, path, method), one.status, one.told)
    said = [f"{number} {method} {path} {one.status}: {fault}" for fault in wrong]
    wanted = next((p["schema"] for p in operation.get("parameters", ()) if p["in"] == "body"), None)
    if one.asked is not None and wanted and (number, path, method) not in BENT:
        said += [f"{number} {method} {path} asked: {fault}" for fault in faults(number, wanted, one.asked)]
    if one.status != 204 and one.headers["Content-Type"] != MEDIA_TYPE:
        said.append(f"{path} has the type {one.headers['Content-Type']}")
    if isinstance(one.told, list) and not {"X-Total-Count", "X-Result-Count"} <= one.headers.keys():
        said.append(f"{path} is a list without its counts")
    return said


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_another_method_is_405_and_says_which_are_allowed(wire: Wire, method: str) -> None:
    async with wire.http.request(method, f"{base_path('622')}/productOrder") as reply:
        told = await reply.json()
        assert (405, {"GET", "HEAD", "POST"}) == (reply.status, set(reply.headers["Allow"].split(",")))
    error = swaggers()["622"]["definitions"]["Error"]
    assert [] == faults("622", error, told)


async def test_every_api_that_is_needed_is_served(wire: Wire) -> None:
    numbers = {number for number, _, _ in served()}
    assert swaggers().keys() == numbers
