"""The tools of the people who run it, on a whole installation that runs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request

import pytest

from tests.people import SmsPerson, World
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(180)]
MSISDN = "+8613800000018"


def switchboard(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENJI_")}
    argv = [sys.executable, "-m", "switchboard", *words]
    env = {**kept, **stack.environment()}
    return subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_doctor_finds_nothing_that_fails_but_what_the_machine_cannot(stack: Stack) -> None:
    done = switchboard(stack, "doctor")
    machine = ("disk", "redis write", "packages")
    failing = [line[6:] for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert [line for line in failing if not line.startswith(machine)] == []
    assert "gateway                is ready" in done.stdout


def test_readiness_and_metrics_tell_of_the_whole(stack: Stack) -> None:
    with urllib.request.urlopen(f"{stack.url}/readyz", timeout=5) as answer:
        assert json.load(answer)["parts"] == {name: {"ok": True} for name in ("redis", "aof", "worker", "rasa")}
    with urllib.request.urlopen(f"{stack.url}/metrics", timeout=5) as answer:
        told = answer.read().decode()
    assert 'renji_ready{part="rasa"} 1.0' in told and "renji_partitions_unheld 0.0" in told


async def test_a_conversation_can_be_looked_at_by_its_number(stack: Stack, world: World) -> None:
    person = world.sms(MSISDN)
    await person.say("查话费")
    await person.next(30)
    done = switchboard(stack, "inspect", "conversation", f"sms:{MSISDN}")
    assert done.returncode == 0
    assert "owner: bot" in done.stdout and "turn done" in done.stdout and "did" in done.stdout
    assert MSISDN[3:] not in done.stdout and "查话费" not in done.stdout


async def answer(person: SmsPerson) -> str:
    """What follows the greeting."""
    while "机器人" in (heard := await person.next(30)).text:
        pass
    return heard.text


async def test_what_is_switched_off_is_off_in_every_process_within_five_seconds(stack: Stack, world: World) -> None:
    person = world.sms(MSISDN)
    why = ("--why", "a test", "--by", "wang")
    assert switchboard(stack, "switch", "off", "skill", "query_balance", *why).returncode == 0
    try:
        await asyncio.sleep(5)
        await person.say("查话费")
        assert "暂时办不了" in await answer(person)
        assert "skill query_balance" in switchboard(stack, "doctor").stdout
    finally:
        assert switchboard(stack, "switch", "on", "skill", "query_balance", *why).returncode == 0
    await asyncio.sleep(5)
    await person.say("查话费")
    assert "暂时办不了" not in await answer(person)
