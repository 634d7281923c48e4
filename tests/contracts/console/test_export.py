"""A copy for one person: all that is kept of them, nothing of others, in a file that nobody else reads."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from console import export
from console.audit import Audit
from console.export import copy_of
from tests.contracts.console.living import KEPT, NUMBER, OTHER, PHONE, WORDS, House, lived


async def exported(house: House, who: str, to: Path) -> tuple[int, list[str]]:
    url = house.engine.url.render_as_string(hide_password=False)
    settings = dataclasses.replace(house.stack.settings, database_url=url, var=house.folder)
    return await export.run(settings, argparse.Namespace(who=who, to=to, by="wang"))


async def test_the_file_has_what_they_said_and_agreed_to_and_nothing_of_others(house: House, tmp_path: Path) -> None:
    await lived(house)
    proof = {"quote": "q1", "msisdn": NUMBER, "subscriber_id": "s1", "price_fen": 500, "order": "o1"}
    await house.stack.stores.once.keep(house.stack.conversation(PHONE), "q1", "evidence", proof)
    await house.written()
    code, lines = await exported(house, NUMBER, tmp_path / "copy.json")
    text = (tmp_path / "copy.json").read_text(encoding="utf-8")
    assert code == 0 and lines[-1] == f"written to {tmp_path}/copy.json"
    assert (tmp_path / "copy.json").stat().st_mode & 0o777 == 0o600
    copy = json.loads(text)
    assert {*WORDS.values()} <= {message["text"] for message in copy["messages"]}
    assert [one["order"] for one in copy["evidence"]] == ["o1"]
    assert KEPT not in text and NUMBER not in text


async def test_the_audit_knows_who_asked_and_names_nobody(house: House, tmp_path: Path) -> None:
    await lived(house)
    before = await house.audit.verify()
    await exported(house, NUMBER, tmp_path / "copy.json")
    assert await house.audit.verify() == before + 1


async def test_no_file_is_written_over_another(house: House, tmp_path: Path) -> None:
    await lived(house)
    (tmp_path / "copy.json").write_text("mine", encoding="utf-8")
    try:
        await exported(house, NUMBER, tmp_path / "copy.json")
    except FileExistsError:
        pass
    assert (tmp_path / "copy.json").read_text(encoding="utf-8") == "mine"


async def test_what_cannot_be_audited_is_not_written(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(house)

    async def full(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("the disk is full"))

    monkeypatch.setattr(Audit, "write", full)
    with pytest.raises(OperationalError):
        await exported(house, NUMBER, tmp_path / "copy.json")
    assert not (tmp_path / "copy.json").exists()


def test_a_database_that_fails_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(*_: Any) -> Any:
        raise OperationalError("select", {}, Exception("no such table"))

    monkeypatch.setattr(export, "run", fails)
    monkeypatch.setattr(export.Settings, "read", lambda _: None)
    monkeypatch.setattr("sys.argv", ["export", NUMBER, "--to", str(tmp_path / "copy.json")])
    assert export.main() == 2
    assert "the database does not answer, no copy was written" in capsys.readouterr().err


async def test_of_a_shared_address_only_their_own_times_are_given(house: House) -> None:
    await lived(house)
    (own,) = [one for one in await house.erasure.whose(OTHER) if one.address and one.address.id == OTHER]
    nobody = dataclasses.replace(own, spans=())
    assert not any((await copy_of(house.engine, [nobody])).values())
    assert (await copy_of(house.engine, [own]))["messages"]
