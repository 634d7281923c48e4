"""Who switched what off and on, who announced which outage, when and why: from the exchange into the audit."""

from __future__ import annotations

import asyncio

import structlog

from console.audit import Audit
from switchboard.redis.story import Story

EVERY_S = 2.0
logger = structlog.get_logger()


async def carry(story: Story, audit: Audit, kind: str = "switch") -> int:
    """What is new in the story becomes rows of the audit, as `kind`.act; how many. A crash in between tells one act
    twice, never none.

    Raises NotReachable, SQLAlchemyError.
    """
    acts = await story.acts(after=await story.carried())
    for act in acts:
        detail = {"why": act.why, "until": act.until, "at": act.at.isoformat()}
        await audit.write(act.by, f"{kind}.{act.act}", act.what, detail)
        await story.carry(act.entry)
    return len(acts)


async def carry_on(story: Story, audit: Audit, kind: str = "switch") -> None:
    """For ever; cancel to stop."""
    while True:
        try:
            await carry(story, audit, kind)
        except Exception as error:
            # Only its kind: what SQL says of an error quotes the row.
            logger.error("acts_not_audited", of=kind, error=type(error).__name__)
        await asyncio.sleep(EVERY_S)
