"""Real Rasa with a tiny model, trained once per run. Without Rasa the tests that need it are not collected."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.bot.tiny import ActionServer, MemoryTrackers, train, write

os.environ.update(RASA_TELEMETRY_ENABLED="false", SQLALCHEMY_SILENCE_UBER_WARNING="1")
NEED_RASA = [
    *("test_channel.py", "test_importer.py", "test_nlg.py", "test_rasa_patch.py", "test_rasa_patch_cost.py"),
    *("test_action_server.py", "test_listening.py", "test_tracker_store.py"),
]
collect_ignore = [] if importlib.util.find_spec("rasa") else NEED_RASA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name in NEED_RASA:
            item.add_marker("rasa")


@pytest.fixture(scope="session")
def tiny_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("tiny") / "project")


@pytest.fixture(scope="session")
def tiny_model(tiny_project: Path) -> str:
    return train(tiny_project)


@pytest.fixture
def trackers() -> MemoryTrackers:
    return MemoryTrackers()


@pytest.fixture
async def actions() -> AsyncIterator[ActionServer]:
    server = ActionServer()
    async with server.running():
        yield server


@pytest.fixture
def agent(tiny_model: str, tiny_project: Path, trackers: MemoryTrackers, actions: ActionServer) -> Any:
    from rasa.core.agent import Agent
    from rasa.utils.endpoints import EndpointConfig

    from bot import action_calls, rasa_patch
    from bot.nlg import WordingNlg
    from bot.tracker_store import RenjiTrackerStore
    from bot.wordings import Wordings

    rasa_patch.install(action_calls.ActionServer(actions.url, "action-token"))
    return Agent.load(
        tiny_model,
        generator=WordingNlg(wordings=Wordings(tiny_project / "releases", tiny_project / "content")),
        tracker_store=RenjiTrackerStore(None, trackers),
        action_endpoint=EndpointConfig(url=f"{actions.url}/webhook"),
    )
