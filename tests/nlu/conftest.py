"""The pipeline of the release that is made of these sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nlu.inprocess import Understanding, load
from tests.stack import built_model


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nlu")


@pytest.fixture(scope="session")
def understanding(model_folder: Path) -> Understanding:
    return load(built_model(), model_folder)
