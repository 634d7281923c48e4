"""A copy for one person: all that is kept of them, nothing of others, in a file that nobody else reads."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from console import export
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


async def test_of_a_shared_address_only_their_own_times_are_given(house: House) -> None:
    await lived(house)
    (own,) = [one for one in await house.erasure.whose(OTHER) if one.address and one.address.id == OTHER]
    nobody = dataclasses.replace(own, spans=())
    assert not any((await copy_of(house.engine, [nobody])).values())
    assert (await copy_of(house.engine, [own]))["messages"]
