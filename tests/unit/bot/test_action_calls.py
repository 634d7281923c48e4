"""Actions in the slot's own process: answered as by a server, and with nothing of Rasa's in their hands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from switchboard.errors import NotReachable, TurnFailed

pytestmark = pytest.mark.rasa


class Doors:
    """Counts how often it was opened and closed."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    async def start(self, opened: AsyncExitStack) -> None:
        self.opened += 1
        opened.callback(self._close)

    def _close(self) -> None:
        self.closed += 1


async def balance(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    tracker.slots["chosen"].append("changed")
    dispatcher.utter_message(response="utter_balance", balance_fen=2350)
    return [{"event": "slot", "name": "misses", "value": 0}]


async def refused(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    from rasa_sdk.interfaces import ActionExecutionRejection

    raise ActionExecutionRejection("action_refused")


async def away(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    raise NotReachable("redis")


async def broken(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    raise ValueError("13800000000")


async def hanging(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    await asyncio.sleep(60)
    return []


async def unwritable(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    return [{"event": "slot", "name": "misses", "value": object()}]


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
async def here(doors: Doors) -> AsyncIterator[Any]:
    from rasa_sdk.executor import ActionExecutor

    from bot.action_calls import ActionsHere
    from bot.action_runs import ActionRuns

    executor = ActionExecutor()
    for action in (balance, refused, away, broken, hanging, unwritable):
        executor.register_function(f"action_{action.__name__}", action)
    actions = ActionsHere(ActionRuns(executor, within_s=0.2), doors.start)
    yield actions
    await actions.close()


def asked(name: str, **slots: Any) -> dict[str, Any]:
    tracker = {"sender_id": "web:1", "slots": slots, "latest_message": {"entities": []}, "events": []}
    return {"next_action": f"action_{name}", "sender_id": "web:1", "tracker": tracker}


async def failure(here: Any, name: str) -> Exception:
    """What becomes of the turn."""
    from bot.rasa_patch import reason

    try:
        await here.request(json=asked(name, chosen=[]))
    except Exception as error:
        return reason(error)
    raise AssertionError("it did not fail")


async def test_an_action_answers(here):
    answer = await here.request(json=asked("balance", chosen=[]))
    assert answer["events"] == [{"event": "slot", "name": "misses", "value": 0}]
    assert [said["response"] for said in answer["responses"]] == ["utter_balance"]


async def test_an_action_cannot_change_what_rasa_holds(here):
    question = asked("balance", chosen=["plan"])
    await here.request(json=question)
    assert question["tracker"]["slots"] == {"chosen": ["plan"]}


async def test_a_refusal_reaches_rasa_as_from_a_server(here):
    from rasa.utils.endpoints import ClientResponseError

    with pytest.raises(ClientResponseError) as told:
        await here.request(json=asked("refused"))
    assert (told.value.status, json.loads(told.value.text)["action_name"]) == (400, "action_refused")


async def test_what_is_away_is_no_attempt(here):
    assert isinstance(await failure(here, "away"), NotReachable)


async def test_a_failure_is_an_attempt_and_repeats_nothing_that_was_said(here):
    told = await failure(here, "broken")
    assert isinstance(told, TurnFailed) and not told.permanent
    assert "13800000000" not in str(told)


async def test_an_action_that_hangs_is_an_attempt(here):
    told = await asyncio.wait_for(failure(here, "hanging"), 10)
    assert isinstance(told, TurnFailed) and not told.permanent


def test_what_hangs_is_given_up_before_its_caller_gives_up():
    from bot.action_calls import ANSWER_S
    from bot.action_runs import ACTION_S
    from bot.action_server import BODY_S
    from bot.client import TURN_S
    from bot.turn import ACTIONS_S

    assert ACTION_S < ANSWER_S < ACTIONS_S < TURN_S <= BODY_S


async def test_an_action_that_is_not_there_fails_for_good(here):
    told = await failure(here, "fly")
    assert isinstance(told, TurnFailed) and told.permanent


async def test_an_answer_that_is_no_json_is_a_failure(here):
    assert isinstance(await failure(here, "unwritable"), TurnFailed)


async def test_what_was_opened_before_one_failed_is_closed(here, doors):
    async def start(opened: AsyncExitStack) -> None:
        await doors.start(opened)
        raise NotReachable("redis")

    here._start = start
    for times in (1, 2):
        with pytest.raises(NotReachable):
            await here.open()
        assert (doors.opened, doors.closed) == (times, times)


async def test_what_actions_need_is_opened_once_and_closed(here, doors):
    await here.open()
    await here.request(json=asked("balance", chosen=[]))
    await here.close()
    assert (doors.opened, doors.closed) == (1, 1)
