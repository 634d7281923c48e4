"""Fixed lines at home."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.model import Broadband
from crm.reference import schema
from crm.reference.reads import all_rows, build, one_row


async def lines(connection: AsyncConnection, msisdn: str) -> list[Broadband]:
    table = schema.broadband
    query = select(table).where(table.c.msisdn == msisdn, table.c.state != "terminated").order_by(table.c.account)
    return [build(Broadband, r) for r in await all_rows(connection, query)]


async def line(connection: AsyncConnection, account: str) -> Broadband:
    query = select(schema.broadband).where(schema.broadband.c.account == account)
    return build(Broadband, await one_row(connection, query, "product", account))
