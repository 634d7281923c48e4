"""Runs an action as the SDK does, wherever it is asked for: in the action server, or in the slot's own process.

| status | |
|---|---|
| 200 | what the SDK answers: events and responses |
| 400 | the action refused |
| 404 | there is no such action |
| 503 | what it needs is away: no attempt, the turn is run again when that is back |
| 500 | it failed, or hung |
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

import async_timeout
import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from crm.errors import Unavailable
from switchboard.errors import AcceptError, NotReachable

AWAY = (NotReachable, AcceptError, Unavailable, ConnectionError)
ACTION_S = 8.0
"""Less than the slot and the worker wait: an action that hangs is a failed turn, of which there are five, and not
something that is away and asked for again for ever."""
log = structlog.get_logger()


class ActionRuns:
    """`names` are the actions there are; one that takes longer than `within_s` is ended and has failed."""

    def __init__(self, executor: ActionExecutor, within_s: float = ACTION_S) -> None:
        self._executor, self._within_s = executor, within_s

    @property
    def names(self) -> list[str]:
        return list(self._executor.actions)

    async def run(self, question: Mapping[str, Any]) -> tuple[int, Any]:
        """(status, answer) for what Rasa asks an action server."""
        began, name = time.monotonic(), str(question.get("next_action", ""))
        status, answer = await self._tried(question)
        log.info("action", name=name, status=status, ms=int((time.monotonic() - began) * 1000))
        return status, answer

    async def _tried(self, question: Mapping[str, Any]) -> tuple[int, Any]:
        try:
            async with async_timeout.timeout(self._within_s):
                return 200, await self._executor.run(question)
        except (ActionExecutionRejection, ActionNotFoundException) as error:
            status = 400 if isinstance(error, ActionExecutionRejection) else 404
            return status, {"error": error.message, "action_name": error.action_name}
        except AWAY as error:
            return 503, told_away(error)
        except Exception as error:
            return 500, told_failed(error)


def every_action() -> ActionRuns:
    """All actions of bot/actions."""
    executor = ActionExecutor()
    executor.register_package("bot.actions")
    return ActionRuns(executor)


def trace_of(question: Mapping[str, Any]) -> str:
    """The trace id of the message that is being answered, "" where there is none."""
    told: Any = question
    for name in ("tracker", "latest_message", "metadata"):
        told = told.get(name) if isinstance(told, dict) else None
    return str(told.get("trace") or "") if isinstance(told, dict) else ""


def told_away(error: Exception) -> dict[str, str]:
    log.warning("action_not_reachable", kind=type(error).__name__)
    return {"error": type(error).__name__}


def told_failed(error: Exception) -> dict[str, str]:
    """The SDK would answer and log with the request, which holds what a person said."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
    log.error("action_failed", kind=type(error).__name__, where=frames)
    return {"error": type(error).__name__}
