"""Each wish goes one good way, and in each bad way the person is told something true and nothing happens.

The bad ways: the CRM is away, nobody is known, the number has another subscriber now, the skill is switched off. What
is particular to a wish has tests of its own: tests/dialogues/ways.yml names them for what people ask most often.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.actions import guide, skills
from tests.dialogues.reader import Reader

pytestmark = pytest.mark.rasa
HERE = Path(__file__).parent
TRANSCRIPTS = HERE.parent / "transcripts"
LI = "+8613800000000"
WISHES = sorted((skills.READS | {skill.wish for skill in skills.WRITE_SKILLS}) - {"book_visit"})


def away(person: Reader) -> None:
    person.crm.down = True


def unknown(person: Reader) -> None:
    person.binding = None


def reissued(person: Reader) -> None:
    person.crm.subscribers[LI] = replace(person.crm.subscribers[LI], id="somebody else")


def off(person: Reader) -> None:
    async def refuses(kind: str, *names: str) -> Mapping[str, Any] | None:
        return {"until": ""} if kind == "skill" else None

    person.gate = refuses


BAD: Mapping[str, Callable[[Reader], None]] = {"away": away, "unknown": unknown, "reissued": reissued, "off": off}


async def answered(wish: str, how: str = "") -> list[str]:
    """The names of what is said, and of a hand-off. Raises what the action raises."""
    person = Reader(LI, "web", "zh")
    topic = {"topic": sorted(guide.FAQ)[0]} if wish == "faq" else {}
    if how:
        BAD[how](person)
    said = await person.turn(wish, topic)
    writes = len(person.crm.all_orders)
    assert writes == len(Reader(LI, "web").crm.all_orders), f"{wish} ordered something"
    return [*(reply.response for reply in said), *("handoff" for effect in person.effects if "handoff" in effect)]


async def test_every_wish_has_a_good_way_and_each_bad_way_is_told(tell: Callable[[str], None]) -> None:
    table, silent, leaks = [], [], []
    for wish in WISHES:
        good = await answered(wish)
        ways = {how: await answered(wish, how) for how in BAD if how != "off" or wish in skills.switchable()}
        silent += [f"{wish} {how}" for how, said in {"good": good, **ways}.items() if not said]
        told = skills.SKILLS[wish]._level() >= 1 or wish == "query_my_data"
        leaks += [f"{wish} {how}" for how in ("unknown", "reissued") if told and good[0] in ways[how]]
        table.append(f"{wish:<26}{good[0]:<28}{'  '.join(f'{how}: {said[0]}' for how, said in ways.items())}")
    tell("\n".join(table))
    assert (silent, leaks) == ([], [])
    assert len(BAD) > 3 and len(table) == len(WISHES) > 70


@pytest.mark.parametrize("wish", sorted(set(skills.switchable()) & set(WISHES)))
async def test_what_is_switched_off_says_so(wish: str) -> None:
    assert await answered(wish, "off") == ["refused_switched_off"]


def named(one: str) -> bool:
    """Whether there is such a transcript, or such a test."""
    file, _, test = one.partition(":")
    if not test:
        return (TRANSCRIPTS / f"{file}.txt").exists()
    found = ast.walk(ast.parse((HERE / f"{file}.py").read_text(encoding="utf-8")))
    return test in {node.name for node in found if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_what_is_asked_most_is_shown_with_a_good_way_and_three_bad_ones_of_its_own(
    tell: Callable[[str], None],
) -> None:
    ways = YAML(typ="safe", pure=True).load((HERE / "ways.yml").read_text(encoding="utf-8"))
    tell("\n".join(f"{wish:<26}{len(of['good'])} good  {len(of['bad'])} bad" for wish, of in ways.items()))
    assert len(ways) == 20 and set(ways) <= set(skills.SKILLS)
    assert [wish for wish, of in ways.items() if not of["good"] or len(set(of["bad"])) < 3] == []
    assert [one for of in ways.values() for one in (*of["good"], *of["bad"]) if not named(one)] == []
