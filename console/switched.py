"""Who switched what off and on, when and why: from the exchange into the audit."""

from __future__ import annotations

import asyncio

import structlog

from console.audit import Audit
from switchboard.redis.switches import RedisSwitches

EVERY_S = 2.0
logger = structlog.get_logger()


async def carry(switches: RedisSwitches, audit: Audit) -> int:
    """What is new in the story becomes rows of the audit; how many. A crash in between tells one act twice, never none.

    Raises NotReachable, SQLAlchemyError.
    """
    acts = await switches.story(after=await switches.carried())
    for act in acts:
        detail = {"why": act.why, "until": act.until, "at": act.at.isoformat()}
        await audit.write(act.by, f"switch.{act.act}", act.what, detail)
        await switches.carry(act.entry)
    return len(acts)


async def carry_on(switches: RedisSwitches, audit: Audit) -> None:
    """For ever; cancel to stop."""
    while True:
        try:
            await carry(switches, audit)
        except Exception as error:
            # Only its kind: what SQL says of an error quotes the row.
            logger.error("switches_not_audited", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)
