"""The pipeline, trained once for all tests of understanding."""

from __future__ import annotations

import pytest

from tests.nlu.inprocess import Understanding, project_data, train


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("nlu")


@pytest.fixture(scope="session")
def understanding(model_folder) -> Understanding:
    return train(project_data(), model_folder)
