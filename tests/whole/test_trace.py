"""One trace id leads from the webhook to the reply through the logs of every process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.people import World
from tests.stack import Stack, until

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(180)]
MSISDN = "+8613800000018"


def lines(folder: Path, process: str) -> list[dict[str, object]]:
    """Its structured log lines."""
    found = []
    for line in (folder / "log" / f"{process}.log").read_text(errors="replace").splitlines():
        if line.startswith("{"):
            found.append(json.loads(line))
    return found


def traced(stack: Stack, trace: object) -> dict[str, set[object]]:
    """By process, what it did under this trace."""
    return {
        name: {line["event"] for line in lines(stack.folder, name) if line.get("trace") == trace}
        for name in stack.names
    }


async def test_one_message_has_one_trace_id_in_the_lines_of_every_process(stack: Stack, world: World) -> None:
    person = world.sms(MSISDN)
    before = len(lines(stack.folder, "gateway"))
    await person.say("查话费")
    await person.next(30)
    (trace,) = {
        line["trace"] for line in lines(stack.folder, "gateway")[before:]
        if line["event"] == "accepted" and line["kinds"] == ["InboundMessage"]
    }  # fmt: skip

    async def complete() -> bool:
        # The reply is there before its sender has written that it is.
        return "sent" in traced(stack, trace)["worker-1"]

    await until(complete)
    assert traced(stack, trace) == {
        "redis": set(),
        "gateway": {"accepted"},
        "worker-1": {"committed", "sent"},
        "rasa-a": {"turn", "action"},
        "crm": {"request"},
    }


async def test_each_line_names_its_process_and_none_the_person(stack: Stack, world: World) -> None:
    person = world.sms(MSISDN)
    await person.say("查话费")
    await person.next(30)
    for name in ("gateway", "worker-1", "rasa-a", "crm"):
        told = [line for line in lines(stack.folder, name) if line.get("trace")]
        assert {str(line["process"]).replace("worker ", "").removesuffix("-a") for line in told} == {
            name.removesuffix("-a")
        }
        assert MSISDN[3:] not in json.dumps(told)
        assert "查话费" not in json.dumps(told, ensure_ascii=False)
