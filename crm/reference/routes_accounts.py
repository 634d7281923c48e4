"""Individuals (632), agreements (651) and billing accounts (666)."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents import account
from crm.documents.scalars import Document
from crm.errors import NotFound
from crm.reference import reads
from crm.reference.http import asked, listed, office, single
from crm.reference.reads import Terms

PHONE = "contactMedium.characteristic.phoneNumber"


async def list_individuals(request: web.Request) -> web.Response:
    """?contactMedium.characteristic.phoneNumber="""
    async with office(request).store.reading() as connection:
        found = await reads.customers(connection, msisdn=asked(request, PHONE))
    return listed(request, map(account.individual_to, found))


async def get_individual(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, account.individual_to(await reads.customer(connection, request.match_info["id"])))


async def list_accounts(request: web.Request) -> web.Response:
    """?relatedParty.id= (the MSISDN): the account it belongs to."""
    here, msisdn = office(request), asked(request, "relatedParty.id")
    async with here.store.reading() as connection:
        own = await reads.subscriber(connection, msisdn)
        found = await _account(connection, own.account_id, here.terms())
    return listed(request, [found])


async def get_account(request: web.Request) -> web.Response:
    here = office(request)
    async with here.store.reading() as connection:
        return single(request, await _account(connection, request.match_info["id"], here.terms()))


async def _account(connection: AsyncConnection, account_id: str, terms: Terms) -> Document:
    people = await reads.customers(connection, account_id=account_id)
    if not people:
        raise NotFound("account", account_id)
    held = [(person, await reads.balance(connection, person.msisdn, terms)) for person in people]
    return account.billing_account_to(account_id, held)


async def list_agreements(request: web.Request) -> web.Response:
    """?engagedParty.id= (the MSISDN)."""
    here, msisdn = office(request), asked(request, "engagedParty.id")
    async with here.store.reading() as connection:
        person = await reads.subscriber(connection, msisdn)
        held = await reads.products(connection, msisdn, here.terms())
    return listed(request, [account.agreement_to(p, person) for p in held if p.lock_in_until])


async def get_agreement(request: web.Request) -> web.Response:
    here, agreement_id = office(request), request.match_info["id"]
    async with here.store.reading() as connection:
        product = await reads.product(connection, agreement_id, here.terms())
        if product.lock_in_until is None:
            raise NotFound("agreement", agreement_id)
        person = await reads.subscriber(connection, product.msisdn)
    return single(request, account.agreement_to(product, person))
