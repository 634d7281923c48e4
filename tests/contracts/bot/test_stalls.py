"""An action that never gives the loop back: its slot ends and comes back, its message ends in the quarantine.

STALLS=1 (`make test-full`) takes it through all attempts, each of which ends a slot.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import asyncio as aioredis

from bot.client import BotClient, bot_client
from bot.guard import STALLED
from switchboard import lanes
from switchboard.errors import TurnFailed
from switchboard.model import Address, Conversation, InboundMessage
from switchboard.ports import Turn
from switchboard.redis.keys import Keys
from switchboard.redis.stalls import stalls
from switchboard.settings import Settings
from switchboard.tasks import end
from tests.contracts.bot.slots import NOW, Slot, running, slot_of
from tests.contracts.switchboard.stack import Stack
from tests.unit.bot.conftest import tiny_model, tiny_project  # noqa: F401

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]
LI, WANG = Address("web", "li"), Address("web", "wang")
CONVERSATION = Conversation("web:0123", LI)


@pytest.fixture
def slot(
    redis_server: Path,
    tiny_project: Path,  # noqa: F811
    tiny_model: str,  # noqa: F811
    tmp_path: Path,
) -> Iterator[Slot]:
    ours = slot_of(tmp_path, redis_server, tiny_project, tiny_model, "tests.contracts.bot.sleeping_slot")
    ours.environ["RENJI_STALL_S"] = "1"
    with running(ours):
        yield ours


@pytest.fixture
async def client(slot: Slot) -> AsyncIterator[BotClient]:
    bot = bot_client(Settings.read(slot.environ))
    async with bot.running():
        yield bot


async def test_an_action_that_sleeps_in_the_loop_ends_its_slot_and_is_an_attempt(
    slot: Slot, redis: aioredis.Redis, client: BotClient
) -> None:
    await redis.set(Keys(256).of(CONVERSATION.id, "lease"), "lease")
    with pytest.raises(TurnFailed, match="went away during the turn"):
        await client.answer(InboundMessage("web:1", LI, "爆炸", NOW), CONVERSATION, Turn("lease"))
    assert slot.process.wait(timeout=10) == STALLED
    assert "sleeping_slot.py" in slot.log() and "loop_stalled" in slot.log()
    assert await stalls(redis) == 1


@pytest.mark.skipif(not os.environ.get("STALLS"), reason="STALLS=1 ends a slot five times")
async def test_the_message_that_ends_slots_goes_to_a_human_and_the_others_are_answered(
    slot: Slot, redis: aioredis.Redis, client: BotClient, tmp_path: Path, redis_server: Path
) -> None:
    (tmp_path / "stack").mkdir()
    stack = Stack(redis_server, tmp_path / "stack", partitions=256)
    supervised = asyncio.create_task(_supervised(slot))
    stack.worker(bot=client)  # type: ignore[arg-type]
    try:
        await stack.say(LI, "爆炸")
        await stack.until(lambda: any(one.reply.text for one in stack.web.sent), within_s=60)
        await stack.say(WANG, "你好")
        await stack.at_rest(within_s=200)
        [poison] = await stack.logged("quarantine")
        assert (poison["attempts"], await stalls(redis)) == (lanes.ATTEMPTS, lanes.ATTEMPTS)
        early = [one for one in stack.web.sent if one.id.endswith("/early") and one.address == LI]
        assert len(early) == 1
        assert "您好，我是机器人。" in [one.reply.text for one in stack.web.sent if one.address == WANG]
    finally:
        await end(supervised)
        await stack.end()


async def _supervised(slot: Slot) -> None:
    while True:
        if slot.process.poll() is not None:
            slot.start()
        await asyncio.sleep(0.2)
