"""Schemathesis asks the reference CRM whatever TM Forum's swagger files allow, and what they do not: each answer is one
that the file knows, and none is a failure of the server.

CONFORMANCE says how many questions of each sort an operation is asked (2); `make test-full` asks 25.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response

from crm.documents import invoice, money, orders, people
from crm.model import InvoiceRequest, OrderItem, OrderRequest
from crm.reference.http import MEDIA_TYPE
from tests.contracts.crm.living import TALK
from tests.contracts.crm.serving import LISTENER, NOW, TOKEN, in_a_thread
from tests.contracts.crm.swaggers import Operation, answer_faults, base_path, served, shallow

QUESTIONS = int(os.environ.get("CONFORMANCE", "2"))
DEPTH = 1 if QUESTIONS < 10 else 2
LI = "+8613800000000"
CUSTOMER = [{"id": LI, "role": "customer", "@referredType": "Customer"}]
WHOSE = {
    "/customer": {"contactMedium.characteristic.phoneNumber": LI},
    "/individual": {"contactMedium.characteristic.phoneNumber": LI},
    "/agreement": {"engagedParty.id": LI},
    "/usage": {"relatedParty.id": LI, "month": "2026-11"},
    "/bucket": {"logicalResource.id": LI},
    "/accumulatedBalance": {"logicalResource.id": LI},
    "/topupBalance": {"logicalResource.id": LI},
    "/loyaltyBalance": {"loyaltyProgramMember.id": LI},
    "/geographicSite": {"place.id": "zj"},
    "/payment": {"account.id": LI},
    "/appliedCustomerBillingRate": {"bill.id": "B13800000000-2026-11"},
    "/communicationMessage": {"receiver.id": LI},
}
"""What a list of ours has to be asked for beside what the files know; `relatedParty.id` where nothing stands here."""
GOOD: dict[str, dict[str, Any]] = {
    "/productOrder": orders.order_request(OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q", "web")),
    "/productOfferingQualification": orders.qualification_request(LI, [OrderItem("add", "pack-5g")]),
    "/troubleTicket": {
        "relatedParty": CUSTOMER, "ticketType": "fault", "severity": "normal", "description": "没有信号"
    },
    "/payment": money.payment_request(LI, 1000, "web:1", "k"),
    "/refund": money.refund_request(LI, "pack-5g", "k"),
    "/topupBalance": money.top_up_request(0, LI, voucher="8" * 18),
    "/queryUsageConsumption": {"searchCriteria": {"logicalResource": [{"id": LI}]}},
    "/communicationMessage": invoice.request_to(InvoiceRequest(LI, "2026-10", "李明", "", "a@b.cn")),
    "/partyInteraction": TALK,
    "/searchTimeSlot": people.times_asked_to("hz-wulin"),
    "/appointment": people.visit_asked_to(LI, "hz-wulin", "sim", NOW),
    "/hub": {"callback": f"{LISTENER}/events"},
}  # fmt: skip
"""Documents that we act on; what schemathesis makes up around them has to be borne."""
keys = (f"key-{n}" for n in itertools.count())


@pytest.fixture(scope="module")
def url(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with in_a_thread(seeded, tmp_path_factory.mktemp("fuzzed")) as url:
        yield url


@lru_cache(32)
def loaded(number: str) -> Any:
    return schemathesis.openapi.from_dict(shallow(number, DEPTH))


def questions() -> list[tuple[str, str, str, GenerationMode]]:
    """What the files allow of each operation, and what they do not; any id is one."""
    try:
        return [
            (*operation, mode)
            for operation in served()
            for mode in GenerationMode
            if mode is GenerationMode.POSITIVE
            or not (operation[1].endswith("{id}") and operation[2] in ("get", "delete"))
        ]
    except pytest.skip.Exception:
        return []


@pytest.mark.parametrize(("number", "path", "method", "mode"), questions())
def test_any_question_gets_an_answer_that_the_file_knows(
    url: str, number: str, path: str, method: str, mode: GenerationMode
) -> None:
    operation = loaded(number)[path][method.upper()]

    @settings(
        max_examples=QUESTIONS, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def ask(case: Case, ours: bool) -> None:
        if ours and isinstance(case.body, dict):
            case.body = {**case.body, **GOOD.get(path, {})}
        whose = WHOSE.get(path, {"relatedParty.id": LI}) if method == "get" and "{id}" not in path else {}
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": next(keys)}
        response = case.call(base_url=url + base_path(number), headers=headers, params=whose)
        assert [] == wrong((number, path, method), response), case.as_curl_command()

    ask()


def wrong(operation: Operation, response: Response) -> list[str]:
    """What of an answer is not as the file says."""
    if response.status_code == 204:
        return [] if not response.content else ["204 with a body"]
    kind = (response.headers.get("content-type") or ["none"])[0]
    if kind != MEDIA_TYPE:
        return [f"{response.status_code} is {kind}"]
    return answer_faults(operation, response.status_code, response.json())
