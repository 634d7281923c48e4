"""The reference CRM's web application: TM Forum v4 paths over one Store."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm.reference import NAME, hub, interactions
from crm.reference import routes_accounts as accounts
from crm.reference import routes_people as people
from crm.reference import routes_read as read
from crm.reference import routes_self_service as self_service
from crm.reference import routes_write as write
from crm.reference.http import LINKED, MOST_BODY, OFFICE, Office, answer, error, guard
from crm.tracing import logged

API = "/tmf-api"
COLLECTIONS: tuple[tuple[str, Handler | None, Handler | None, Handler | None], ...] = (
    # path, list, one, create
    (f"{API}/customerManagement/v4/customer", read.list_customers, read.get_customer, None),
    (f"{API}/productCatalogManagement/v4/productOffering", read.list_offerings, read.get_offering, None),
    (f"{API}/productCatalogManagement/v4/productOfferingPrice", read.list_prices, read.get_price, None),
    (f"{API}/productInventory/v4/product", read.list_products, read.get_product, None),
    (f"{API}/prepayBalanceManagement/v4/bucket", read.list_buckets, read.get_bucket, None),
    (f"{API}/prepayBalanceManagement/v4/accumulatedBalance", read.list_accumulated, read.get_accumulated, None),
    (f"{API}/prepayBalanceManagement/v4/topupBalance", read.list_top_ups, read.get_top_up, write.post_top_up),
    (f"{API}/usageConsumption/v4/queryUsageConsumption", None, read.get_consumption, read.ask_consumption),
    (f"{API}/customerBillManagement/v4/customerBill", read.list_bills, read.get_bill, None),
    (f"{API}/customerBillManagement/v4/appliedCustomerBillingRate", read.list_rates, read.get_rate, None),
    (f"{API}/productOfferingQualification/v4/productOfferingQualification", None, None, read.ask_qualification),
    (f"{API}/productOrderingManagement/v4/productOrder", read.list_orders, read.get_order, write.post_order),
    (f"{API}/productOrderingManagement/v4/cancelProductOrder", None, None, write.post_cancellation),
    (f"{API}/troubleTicket/v4/troubleTicket", read.list_tickets, read.get_ticket, write.post_ticket),
    (f"{API}/loyalty/v4/loyaltyBalance", self_service.list_points, self_service.get_points, None),
    (
        f"{API}/communicationManagement/v4/communicationMessage",
        self_service.list_invoices,
        self_service.get_invoice,
        self_service.post_invoice,
    ),
    (f"{API}/geographicSiteManagement/v4/geographicSite", self_service.list_shops, self_service.get_shop, None),
    (f"{API}/usageManagement/v4/usage", self_service.list_usage, self_service.get_usage, None),
    (f"{API}/appointment/v4/appointment", people.list_visits, people.get_visit, people.post_visit),
    (f"{API}/appointment/v4/searchTimeSlot", None, None, people.ask_times),
    (f"{API}/party/v4/partyProof", None, None, people.post_proof),
    (f"{API}/party/v4/partyCredential", None, None, people.post_password),
    (f"{API}/resourceInventoryManagement/v4/resource", people.list_sims, None, None),
    (f"{API}/resourceInventoryManagement/v4/portOutAuthorization", None, None, people.post_leaving),
    (f"{API}/party/v4/individual", accounts.list_individuals, accounts.get_individual, None),
    (f"{API}/agreementManagement/v4/agreement", accounts.list_agreements, accounts.get_agreement, None),
    (f"{API}/accountManagement/v4/billingAccount", accounts.list_accounts, accounts.get_account, None),
    (
        f"{API}/partyInteraction/v4/partyInteraction",
        interactions.list_interactions,
        interactions.get_interaction,
        interactions.post_interaction,
    ),
    ("/payment/v4/payment", read.list_payments, read.get_payment, write.post_payment),
    ("/payment/v4/refund", None, None, write.post_refund),
)


def crm_app(office: Office) -> web.Application:
    """All paths ask for the shared secret but /healthz."""
    app = web.Application(client_max_size=MOST_BODY, middlewares=[logged, guard])
    app[OFFICE] = office
    app[read.OFFERED] = {}
    app[LINKED] = frozenset(path for path, _, one, _ in COLLECTIONS if one)
    for path, list_, one, create in COLLECTIONS:
        if list_:
            app.router.add_get(path, list_)
        if one:
            app.router.add_get(path + "/{id}", one)
        if create:
            app.router.add_post(path, create)
    app.router.add_patch(f"{API}/troubleTicket/v4/troubleTicket/{{id}}", write.patch_ticket)
    app.router.add_patch(f"{API}/appointment/v4/appointment/{{id}}", people.patch_visit)
    app.router.add_patch(f"{API}/communicationManagement/v4/communicationMessage/{{id}}", self_service.patch_invoice)
    for base in hub.HUBS:
        app.router.add_post(f"{base}/hub", hub.post_listener)
        app.router.add_delete(f"{base}/hub/{{id}}", hub.delete_listener)
    app.router.add_get("/healthz", healthz)
    return app


async def healthz(request: web.Request) -> web.Response:
    """200 when the tables answer. The header `Server` is NAME in any case."""
    response = await _health(request)
    response.headers["Server"] = NAME
    return response


async def _health(request: web.Request) -> web.Response:
    try:
        async with request.app[OFFICE].store.reading() as connection:
            await connection.exec_driver_sql("SELECT 1 FROM subscriber LIMIT 1")
    except (DBAPIError, PoolTimeout, OSError):
        return error(503, "unavailable")
    return answer({"status": "ok"})
