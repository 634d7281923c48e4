"""One dialogue model for all dialogues: the rules train in seconds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pytest.importorskip("rasa", reason="dialogues need Rasa's packages (requirements/bot.txt)")
    from tests.dialogues import talk

    return talk.load(talk.train(Path(tmp_path_factory.mktemp("dialogues"))))


@pytest.fixture
def talk(agent: Any) -> Callable[..., Any]:
    """talk(msisdn, channel) begins a conversation."""
    from tests.dialogues.talk import Talk

    return lambda *args, **kwargs: Talk(agent, *args, **kwargs)
