"""What is kept of talks with people (683)."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents.interaction import interaction_from, interaction_to
from crm.documents.scalars import Document
from crm.effects import new_id
from crm.model import Interaction
from crm.reference import reads, schema
from crm.reference.http import asked, body, listed, office, once, single
from crm.reference.hub import publish
from crm.reference.reads import Terms, all_rows, build, one_row
from crm.reference.schema import columns


async def list_interactions(request: web.Request) -> web.Response:
    """?relatedParty.id= (the MSISDN); newest first."""
    msisdn, table = asked(request, "relatedParty.id"), schema.interaction
    query = select(table).where(table.c.msisdn == msisdn).order_by(table.c.began_at.desc(), table.c.id)
    async with office(request).store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = [build(Interaction, row) for row in await all_rows(connection, query)]
    return listed(request, map(interaction_to, found))


async def get_interaction(request: web.Request) -> web.Response:
    interaction_id, table = request.match_info["id"], schema.interaction
    query = select(table).where(table.c.id == interaction_id)
    async with office(request).store.reading() as connection:
        found = build(Interaction, await one_row(connection, query, "interaction", interaction_id))
    return single(request, interaction_to(found))


async def post_interaction(request: web.Request) -> web.Response:
    document = await body(request)
    interaction_from(document, "", office(request).clock())

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        made = interaction_from(document, new_id("N", terms.now), terms.now)
        await reads.subscriber(connection, made.msisdn)
        await connection.execute(insert(schema.interaction).values(columns(made)))
        kept = interaction_to(made)
        await publish(connection, "PartyInteractionCreateEvent", kept, terms)
        return kept

    return await once(request, document, act)
