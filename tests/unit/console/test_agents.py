"""The command that adds people."""

from __future__ import annotations

import json
from pathlib import Path

from console.accounts import Accounts
from console.agents import DEMO, demo_passwords, put_demo


async def test_the_demo_has_its_own_passwords_and_keeps_them(accounts: Accounts, tmp_path: Path) -> None:
    file = tmp_path / "demo-logins.json"
    await put_demo(accounts, file)
    logins = json.loads(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(logins) == {person.id for person in DEMO}
    token = await accounts.log_in("admin", logins["admin"], "::1")
    await put_demo(accounts, file)
    assert json.loads(file.read_text()) == logins
    assert await accounts.session(token) is not None


async def test_two_installations_differ(tmp_path: Path) -> None:
    first, second = demo_passwords(tmp_path / "a.json"), demo_passwords(tmp_path / "b.json")
    assert not set(first.values()) & set(second.values())


async def test_logins_that_were_made_before_are_used(accounts: Accounts, tmp_path: Path) -> None:
    file = tmp_path / "demo-logins.json"
    file.write_text(json.dumps({"lin": "made by the installer", "chen": "another of those"}))
    await put_demo(accounts, file)
    assert await accounts.log_in("lin", "made by the installer", "::1")
    assert await accounts.password_fits("chen", "another of those")
