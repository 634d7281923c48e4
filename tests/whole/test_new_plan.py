"""A plan that the carrier begins to sell is understood by name and by sound while all runs; nothing is trained."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from crm.reference.catalogue import DATA
from tests.people import World
from tests.stack import Stack, until

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]
SUBSCRIBER = "+8613800000017"
PLAN: dict[str, object] = {
    "id": "plan-5g-99-new",
    "zh": "星云5G 99元套餐",
    "en": "Nebula 5G 99",
    "monthly": 9900,
    "tier": 99,
    "generation": "5G",
    "grants": [["data", "general", 25600]],
    "about": {"zh": "新上市", "en": "New"},
}


@asynccontextmanager
async def selling(stack: Stack, catalogue: Path) -> AsyncIterator[None]:
    """The CRM with another catalogue, once the slots know of it; then with its own again."""
    await _restart(stack, "--catalogue", str(catalogue))
    try:
        await _names(stack, known=True)
        yield
    finally:
        await _restart(stack)
        await _names(stack, known=False)


async def _restart(stack: Stack, *more: str) -> None:
    stack.kill("crm")
    stack.spawn("crm", *more)
    await asyncio.to_thread(stack.wait_ready, "crm")


async def _names(stack: Stack, known: bool) -> None:
    async def told() -> bool:
        file = stack.folder / "catalogue.json"
        return file.exists() and (str(PLAN["id"]) in file.read_text()) == known

    await until(told, timeout_s=30)


async def _answer(world: World, text: str) -> str:
    """What somebody is told who writes this first; the greeting is left out."""
    person = world.sms(SUBSCRIBER)
    await world.forget(person)
    await person.say(text)
    heard = [(await person.next(15)).text, (await person.next(15)).text]
    await world.forget(person)
    return heard[-1]


async def test_a_new_plan_is_understood_without_training(stack: Stack, world: World, tmp_path: Path) -> None:
    yaml = YAML(typ="safe", pure=True)
    sold = yaml.load(DATA / "catalogue.yml")
    sold["plans"].append(PLAN)
    with (tmp_path / "catalogue.yml").open("w", encoding="utf-8") as file:
        yaml.dump(sold, file)
    # Another plan costs the same, so the price alone does not say which is meant.
    quoted = "换成星云5G 99元套餐，"
    assert not (await _answer(world, "换成星云5G 99元套餐")).startswith(quoted)

    async def sold_to_people() -> bool:
        return (await _answer(world, "换成星云5G 99元套餐")).startswith(quoted)

    async with selling(stack, tmp_path / "catalogue.yml"):
        # A list of what is sold is kept for two seconds.
        await until(sold_to_people, timeout_s=30)
        for said in ("换成星运5G九十九元套餐", "换成星云套餐"):
            answer = await _answer(world, said)
            assert answer.startswith(quoted), answer
