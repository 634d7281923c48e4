"""Whole conversations as people see them, through the real channels, switchboard, model, CRM and Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.people import World
from tests.stack import Stack
from tests.transcripts.player import player

HERE = Path(__file__).parent

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
async def test_a_conversation_goes_as_written(path: Path, stack: Stack, world: World) -> None:
    async with player(stack, world) as one:
        await one.play(path)
