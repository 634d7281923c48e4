"""A slot with one action, and that sleeps in the loop: python -m tests.contracts.bot.sleeping_slot MODEL HOST PORT."""

from __future__ import annotations

import sys
import time
from typing import Any

# First: Rasa may be imported only after it.
import bot.server
from bot import action_runs


def sleeping() -> action_runs.ActionRuns:
    executor = action_runs.ActionExecutor()
    executor.register_function("action_boom", _sleep)
    return action_runs.ActionRuns(executor)


def _sleep(dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
    time.sleep(60)
    return []


if __name__ == "__main__":
    action_runs.every_action = sleeping
    bot.server.main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
