"""Wrong tries of a number, in a table with msisdn, wrong and locked_until."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.reference.reads import Terms
from crm.tries import Tries


async def so_far(connection: AsyncConnection, table: Table, tries: Tries, msisdn: str, terms: Terms) -> int:
    """How many in a row. Refused while they are locked."""
    row = (await connection.execute(select(table).where(table.c.msisdn == msisdn))).mappings().first()
    tries.check(row["locked_until"] if row else None, terms.now)
    return int(row["wrong"]) if row else 0


async def refuse(
    connection: AsyncConnection, table: Table, tries: Tries, msisdn: str, wrong: int, terms: Terms
) -> NoReturn:
    """Always Refused; the count is kept, since a refusal is committed like any other answer."""
    await forget(connection, table, msisdn)
    locked = tries.locked_until(wrong, terms.now)
    await connection.execute(insert(table).values(msisdn=msisdn, wrong=wrong, locked_until=locked))
    tries.refuse(wrong, terms.now)


async def forget(connection: AsyncConnection, table: Table, msisdn: str) -> None:
    """After a right one."""
    await connection.execute(delete(table).where(table.c.msisdn == msisdn))
