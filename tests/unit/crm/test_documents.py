"""TM Forum documents: there and back, and what is not a document."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.documents import catalogue, consumption, customer, loyalty, money, orders, usage
from crm.documents.scalars import (
    BadDocument,
    day_from,
    fen,
    moment_from,
    money_from,
    money_to,
    quantity_money_from,
    whole,
)
from crm.model import Order, OrderItem, OrderRequest, Qualification, Reason, Ticket, TopUp
from crm.reference.catalogue import demo_catalogue
from crm.reference.history import history_of
from crm.reference.people import outlines
from crm.worktime import CHINA

NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)
SWAGGERS = Path(__file__).resolve().parents[3].parent / "shared" / "tmf"
LI = "+8613800000000"
HISTORIES = [history_of(o, demo_catalogue(), NOW) for o in outlines(40, NOW.date())]
BILL = HISTORIES[0].bills[0]
ORDER = Order("O1", LI, (OrderItem("add", "pack-5g"),), "completed", 1000, NOW, NOW, "q1", NOW)
TICKET = Ticket("T1", LI, "fault", "没有信号", "urgent", "acknowledged", NOW, NOW, "沈立", "x")


def wire(document: Any) -> Any:
    """As it arrives on the other side."""
    return json.loads(json.dumps(document), parse_float=Decimal)


def test_every_noun_of_a_subscriber_survives_the_way() -> None:
    for h in HISTORIES:
        person = h.outline.subscriber
        assert person == customer.customer_from(wire(customer.customer_to(person)))
        joined = replace(person, joined_at=NOW)
        assert joined == customer.customer_from(wire(customer.customer_to(joined)))
        assert list(h.buckets) == [money.bucket_from(wire(money.bucket_to(b, person.msisdn))) for b in h.buckets]
        assert list(h.products) == [catalogue.product_from(wire(catalogue.product_to(p))) for p in h.products]
        assert list(h.payments) == [money.payment_from(wire(money.payment_to(p))) for p in h.payments]
        assert h.orders == tuple(orders.order_from(wire(orders.order_to(o))) for o in h.orders)
        sent = {"usageConsumption": consumption.allowances_to(h.allowances)}
        assert h.allowances == consumption.allowances_from(wire(sent))
        for bill in h.bills:
            items = tuple(money.rate_from(wire(money.rate_to(i, "1", bill))) for i in bill.items)
            for one in (bill, replace(bill, gift_fen=1234)):
                assert one == money.bill_from(wire(money.bill_to(one)), items)
        for u in h.usages:
            sent = {"usageConsumption": consumption.usage_to(u)}
            assert u == consumption.usage_from(wire(sent), u.msisdn, u.month)


def test_every_offering_survives_the_way() -> None:
    for offering in demo_catalogue().offerings.values():
        assert offering == catalogue.offering_from(wire(catalogue.offering_to(offering)))


def test_tickets_orders_and_verdicts_survive_the_way() -> None:
    assert TICKET == customer.ticket_from(wire(customer.ticket_to(TICKET)))
    assert ORDER == orders.order_from(wire(orders.order_to(ORDER)))
    request = OrderRequest(LI, ORDER.items, "q1", "web", 1000)
    assert request == orders.order_request_from(wire(orders.order_request(request)))
    assert replace(request, quoted_fen=None) == orders.order_request_from(
        wire(orders.order_request(replace(request, quoted_fen=None)))
    )
    verdict = Qualification(False, (Reason("arrears", {"arrears_fen": 5600}),), 1000, 1000, 0, NOW, "v")
    assert verdict == orders.qualification_from(wire(orders.qualification_to(ORDER.items, verdict, "1")))
    top_up = TopUp("U1", LI, 5000, -100, NOW, "PAY1")
    assert top_up == money.top_up_from(wire(money.top_up_to(top_up)), False)


@given(st.integers(-(10**10), 10**10))
def test_fen_survive_the_way_through_yuan(amount_fen: int) -> None:
    assert amount_fen == money_from(wire(money_to(amount_fen)), "x")


@pytest.mark.parametrize(
    "value",
    [0.5, "10", None, True, [], {}, float("nan"), Decimal("NaN"), Decimal("Infinity"), Decimal("0.001"),
     Decimal("1e400"), 10**12],
)  # fmt: skip
def test_what_is_not_an_amount_is_refused(value: Any) -> None:
    with pytest.raises(BadDocument):
        fen(value, "x")


def test_money_in_another_currency_is_refused() -> None:
    with pytest.raises(BadDocument):
        money_from({"unit": "USD", "value": 1}, "x")
    with pytest.raises(BadDocument):
        quantity_money_from({"units": "CNY", "value": 1}, "x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
READERS = [
    customer.customer_from, customer.ticket_from, money.bucket_from, money.bill_from, money.rate_from,
    money.payment_from, loyalty.lot_from, usage.record_from,
    catalogue.offering_from, catalogue.product_from, orders.order_from, orders.order_request_from,
    orders.qualification_from, consumption.allowances_from, consumption.query_from,
    lambda d: money.top_up_from(d, False), lambda d: consumption.usage_from(d, LI, "2026-11"),
]  # fmt: skip
WHOLE = [
    customer.customer_to(HISTORIES[0].outline.subscriber), customer.ticket_to(TICKET), orders.order_to(ORDER),
    money.bucket_to(HISTORIES[0].buckets[0], LI), money.bill_to(HISTORIES[0].bills[0]),
    catalogue.product_to(HISTORIES[0].products[0]), catalogue.offering_to(demo_catalogue().offering("plan-5g-99")),
    loyalty.lot_to(HISTORIES[0].lots[0]), usage.record_to(HISTORIES[0].calls[0]),
    {"usageConsumption": consumption.allowances_to(HISTORIES[0].allowances)}, consumption.query_to(LI, "2026-11"),
]  # fmt: skip


@given(JSON)
def test_no_reader_breaks_on_other_json(document: Any) -> None:
    for read in READERS:
        try:
            read(document)
        except BadDocument:
            pass


@given(st.data())
def test_no_reader_breaks_on_a_spoilt_document(data: st.DataObject) -> None:
    document = wire(data.draw(st.sampled_from(WHOLE)))
    field = data.draw(st.sampled_from(sorted(document)))
    document[field] = data.draw(JSON)
    for read in READERS:
        try:
            read(document)
        except BadDocument:
            pass


def schema_of(number: str, name: str) -> tuple[dict[str, Any], set[str]]:
    found = list(SWAGGERS.glob(f"TMF{number}-*.json"))
    if not found:
        pytest.skip("TM Forum's swagger files are not beside the repository")
    definitions = json.loads(found[0].read_text())["definitions"]
    return definitions, set(definitions[name]["properties"])


@pytest.mark.parametrize(
    ("number", "name", "document", "profile"),
    [
        ("629", "Customer", customer.customer_to(HISTORIES[0].outline.subscriber), set()),
        ("620", "ProductOffering", catalogue.offering_to(demo_catalogue().offering("pack-5g")), set()),
        ("637", "Product", catalogue.product_to(HISTORIES[0].products[0]), set()),
        ("654", "Bucket", money.bucket_to(HISTORIES[0].buckets[0], LI), set()),
        ("654", "AccumulatedBalance", money.accumulated_to(HISTORIES[0].buckets, LI), set()),
        ("654", "TopupBalance", money.top_up_to(TopUp("U", LI, 1, 1, NOW, "P")), {"balanceAfter", "payment"}),
        ("678", "CustomerBill", money.bill_to(HISTORIES[0].bills[0]), set()),
        ("678", "AppliedCustomerBillingRate", money.rate_to(BILL.items[0], "1", BILL), set()),
        ("676", "Payment", money.payment_to(HISTORIES[0].payments[0]), set()),
        ("622", "ProductOrder", orders.order_to(ORDER), set()),
        ("621", "TroubleTicket", customer.ticket_to(TICKET), set()),
        ("635", "Usage", usage.record_to(HISTORIES[0].calls[0]), set()),
        ("658", "LoyaltyBalance", loyalty.lot_to(HISTORIES[0].lots[0]), {"earned"}),
    ],
)  # fmt: skip
def test_documents_name_only_what_the_swagger_or_our_profile_names(
    number: str, name: str, document: dict[str, Any], profile: set[str]
) -> None:
    definitions, known = schema_of(number, name)
    assert set(document) - known - {"@type"} == profile
    assert set(definitions[name].get("required", [])) <= set(document)


def test_states_are_those_of_the_swagger() -> None:
    definitions, _ = schema_of("622", "ProductOrder")
    assert orders.order_to(ORDER)["state"] in definitions["ProductOrderStateType"]["enum"]
    definitions, _ = schema_of("621", "TroubleTicket")
    assert set(customer.TICKET_STATES) == set(definitions["TroubleTicketStatusType"]["enum"])
    definitions, _ = schema_of("637", "Product")
    assert set(catalogue.PRODUCT_STATES) <= set(definitions["ProductStatusType"]["enum"])
    definitions, _ = schema_of("678", "CustomerBill")
    states = {money.bill_to(b)["state"] for h in HISTORIES for b in h.bills}
    assert states <= set(definitions["stateValue"]["enum"])


@pytest.mark.parametrize("value", [Decimal("1E+999999999"), Decimal("1.5"), True, "1", 10**12])
def test_a_number_that_is_no_count_is_refused_before_it_is_unfolded(value: object) -> None:
    with pytest.raises(BadDocument):
        whole(value, "x")


@pytest.mark.parametrize("text", ["2026-12-25", "2026-12-25T00:00:00+08:00", "2026-12-24T16:00:00Z"])
def test_a_day_is_the_day_in_china(text: str) -> None:
    assert date(2026, 12, 25) == day_from(text, "x")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00", "2026-13-01T00:00:00Z"])
def test_a_moment_that_no_clock_shows_is_none(text: str) -> None:
    with pytest.raises(BadDocument):
        moment_from(text, "x")


@pytest.mark.parametrize(
    ("text", "local"),
    [("2026-11-18T10:30:00+08:00", NOW), ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=CHINA))],
)
def test_a_moment_is_one_of_utc_that_china_can_tell(text: str, local: datetime) -> None:
    """The end of 9999 is how others write "never"."""
    moment = moment_from(text, "x")
    assert timezone.utc == moment.tzinfo
    assert local == moment.astimezone(CHINA)
