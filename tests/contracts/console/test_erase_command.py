"""The command that erases, and the rewriting of Redis' file that it waits for."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

import pytest
from redis.exceptions import ResponseError

from console import erase
from console.erasure import Conversation, Erasure, Found
from switchboard.redis import rewriting
from tests.contracts.console.living import NUMBER, WEB, House, lived


async def test_the_command_counts_first_and_shows_neither_numbers_nor_addresses(house: House) -> None:
    await lived(house)
    url = house.engine.url.render_as_string(hide_password=False)
    settings = dataclasses.replace(house.stack.settings, database_url=url, var=house.folder)
    answers = []
    for yes in (False, True, False):
        asked = argparse.Namespace(who=NUMBER, yes=yes, by="wang")
        answers.append(await erase.run(settings, asked))
    assert [code for code, _ in answers] == [0, 0, 1]
    counted, erased, again = ("\n".join(lines) for _, lines in answers)
    assert "nothing was erased: say --yes" in counted and "SQL" in counted and "Redis" in counted
    assert "\nerased\n" in erased and "audit: 3 rows, unbroken" in erased
    assert "nothing is kept of them" in again
    assert NUMBER[3:] not in counted + erased + again and WEB.id not in counted + erased + again


class Master:
    """Answers as Redis does to whoever asks it to write its append-only file anew."""

    def __init__(self, refuses: str = "", status: str = "ok", races: int = 0) -> None:
        self.refuses, self.status, self.races, self.begun, self.busy = refuses, status, races, 0, 0

    async def bgrewriteaof(self) -> None:
        if self.races:
            self.races, self.busy = self.races - 1, 2
            raise ResponseError("Background append only file rewriting already in progress")
        if self.refuses:
            raise ResponseError(self.refuses)
        self.begun, self.busy = self.begun + 1, 2

    async def info(self, section: str) -> dict[str, object]:
        if section == "replication":
            return {"master_repl_offset": 0}
        self.busy = max(0, self.busy - 1)
        return {"aof_rewrite_in_progress": int(self.busy > 0), "aof_last_bgrewrite_status": self.status}


async def test_a_rewrite_is_waited_for_begun_again_and_its_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "PAUSE_S", 0.01)
    racing = Master(races=1)
    assert await rewriting.rewrite(racing) and racing.begun == 1
    assert not await rewriting.rewrite(Master(status="err"))
    assert not await rewriting.rewrite(Master(refuses="Can't execute an AOF background rewriting"))


class Unwritten(Erasure):
    async def erase(self, theirs: Sequence[Conversation], by: str, subject: str = "") -> Found:
        return dataclasses.replace(await super().erase(theirs, by, subject), rewritten=False)


async def test_the_command_fails_when_redis_could_not_write_its_file_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(house)
    monkeypatch.setattr(erase, "Erasure", Unwritten)
    url = house.engine.url.render_as_string(hide_password=False)
    settings = dataclasses.replace(house.stack.settings, database_url=url, var=house.folder)
    code, lines = await erase.run(settings, argparse.Namespace(who=NUMBER, yes=True, by="wang"))
    assert code == 1 and any(line.startswith("NOT REWRITTEN") for line in lines)
