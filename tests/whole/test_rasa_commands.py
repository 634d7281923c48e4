"""Rasa's own commands work from the root, on the model that is live."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.stack import ROOT, built_model

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]


def _rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=280
    )


def test_the_data_is_valid() -> None:
    done = _rasa("data", "validate", "--fail-on-warnings")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stories_are_predicted(tmp_path: object) -> None:
    stories = "tests/dialogues/test_stories.yml"
    done = _rasa(
        "test",
        "core",
        "--stories",
        stories,
        "--model",
        str(built_model()),
        "--out",
        str(tmp_path),
        "--fail-on-prediction-errors",
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
