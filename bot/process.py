"""Wires a Rasa process: the memory that endpoints.yml names, and where actions run, by the settings."""

from __future__ import annotations

import importlib
from typing import Any

from bot import rasa_patch
from bot.action_calls import ActionServer, ActionsHere
from bot.served import channel_token, settings
from bot.tracker_store import RenjiTrackerStore
from switchboard import logs
from switchboard.redis.connection import connect
from switchboard.redis.keys import Keys
from switchboard.redis.scripting import Scripts
from switchboard.redis.trackers import RedisTrackers
from switchboard.settings import Settings


def actions(ours: Settings) -> rasa_patch.Actions:
    """Where actions run: at an address, or here."""
    if ours.actions_url:
        return ActionServer(ours.actions_url, channel_token())
    from bot.action_runs import every_action

    # By its name, as the SDK loads actions.py: what wires everything stands at the root, and nothing imports it.
    return ActionsHere(every_action(), importlib.import_module("doors").start)


class ExchangeTrackerStore(RenjiTrackerStore):
    """The tracker store of endpoints.yml. Rasa makes it before any Agent, so the patches are in place for each."""

    def __init__(self, host: str | None = None, domain: Any = None, event_broker: Any = None) -> None:
        ours = settings()
        # Rasa's own debug lines hold what a person said.
        logs.configure("rasa", "info" if ours.log_level == "debug" else ours.log_level)
        rasa_patch.install(actions(ours))
        trackers = RedisTrackers(Scripts(connect(ours.redis_url)), Keys(ours.partitions))
        super().__init__(domain, trackers, event_broker)
