"""Which CRM the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from crm.connect import ADAPTERS
from crm.reference.keys import crm_token
from switchboard.errors import BadSettings
from switchboard.settings import CrmKind, Settings


def test_every_kind_that_can_be_set_has_an_adapter() -> None:
    assert list(get_args(CrmKind)) == list(ADAPTERS)


def test_another_kind_stops_the_start() -> None:
    with pytest.raises(BadSettings, match="RENJI_CRM: must be tmf or carrier"):
        Settings.read({"RENJI_CRM": "soap"})


@pytest.mark.parametrize("said", ["", "a secret of the carrier"])
def test_both_sides_know_the_same_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * 40)
    monkeypatch.setenv("RENJI_CRM_SECRET", said)
    settings = Settings.read({"RENJI_SECRET_FILE": str(secret), "RENJI_CRM_SECRET": said})
    assert settings.crm_token == crm_token(settings.secret) != ""
