"""Wires a Rasa process: what endpoints.yml and credentials.yml name is built here from the settings."""

from __future__ import annotations

import os
import importlib
from typing import Any

from bot import rasa_patch
from bot.action_calls import ActionServer, ActionsHere
from bot.serve import RELEASE_VARIABLE
from bot.tracker_store import RenjiTrackerStore
from bot.wordings import Wordings
from switchboard import logs
from switchboard.redis.connection import connect
from switchboard.redis.keys import Keys
from switchboard.redis.scripting import Scripts
from switchboard.redis.trackers import RedisTrackers
from switchboard.settings import Settings


def settings() -> Settings:
    return Settings.read(os.environ)


def channel_token() -> str:
    """The bearer token between our own processes."""
    return settings().key("internal").hex()


def served_release() -> dict[str, str]:
    """Which Release this process was started with; empty for a plain `rasa run`."""
    name, _, model = os.environ.get(RELEASE_VARIABLE, "").partition(" ")
    return {"release": name, "model": model}


def wordings() -> Wordings:
    ours = settings()
    return Wordings(ours.var / "releases", ours.content)


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
