"""The names of what is sold: read through the port, kept in a file, whatever becomes of the CRM."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest

from bot.catalogue import CatalogueFile, keep_fresh, refresh, refreshing
from crm.fake import FakeCrm

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


@pytest.fixture
def crm() -> FakeCrm:
    return FakeCrm.demo(lambda: NOW)


@pytest.fixture
def file(tmp_path: Path) -> CatalogueFile:
    return CatalogueFile.under(tmp_path)


def named(file: CatalogueFile) -> dict[str, tuple[str, ...]]:
    return {one.id: one.names for one in file.changed() or ()}


async def test_names_of_both_languages_are_kept_of_withdrawn_offerings_too(crm, file):
    assert await refresh(crm, file)
    names = named(file)
    assert ("畅享5G 99元套餐", "5G Enjoy 99") == names["plan-5g-99"]
    assert "plan-4g-38" in names


async def test_an_unchanged_catalogue_is_not_written_again(crm, file, tmp_path):
    await refresh(crm, file)
    before = (tmp_path / "catalogue.json").stat().st_mtime_ns
    await refresh(crm, file)
    assert before == (tmp_path / "catalogue.json").stat().st_mtime_ns
    assert ["catalogue.json"] == [path.name for path in tmp_path.iterdir()]


async def test_a_reader_is_told_once(crm, file):
    await refresh(crm, file)
    assert file.changed()
    assert file.changed() is None


async def test_the_last_known_names_stay_when_the_crm_is_away_or_sells_nothing(crm, file):
    await refresh(crm, file)
    crm.down = True
    assert not await refresh(crm, file)
    assert named(file)
    crm.down, crm.catalogue = False, type(crm.catalogue)({}, crm.catalogue.labels, "", crm.catalogue.provider)
    assert not await refresh(crm, file)
    assert file.changed() is None


async def test_it_asks_sooner_and_then_as_rarely_while_the_crm_is_away(crm, file):
    crm.down, waited = True, []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 9:
            crm.down = False
        if len(waited) == 11:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_fresh(crm, file, 60, sleep)
    assert [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60] == waited


@pytest.mark.parametrize("error", [OSError("no space left"), ValueError("no JSON"), KeyError("id")])
async def test_whatever_goes_wrong_it_tries_again(crm, file, monkeypatch, error):
    waited: list[float] = []
    monkeypatch.setattr(CatalogueFile, "write", lambda self, offerings: (_ for _ in ()).throw(error))

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_fresh(crm, file, 60, sleep)
    assert [0.5, 1, 2] == waited


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(crm, file, tmp_path, monkeypatch, step):
    (tmp_path / "catalogue.json").write_text("old")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="no space left"):
        file.write(crm.catalogue.offerings.values())
    assert {"catalogue.json": "old"} == {path.name: path.read_text() for path in tmp_path.iterdir()}


async def test_what_runs_beside_ends_with_its_block(crm, file):
    closed = []

    @asynccontextmanager
    async def opened() -> AsyncIterator[FakeCrm]:
        yield crm
        closed.append(True)

    async with refreshing(opened(), file, 60):
        for _ in range(200):
            if names := named(file):
                break
            await asyncio.sleep(0.01)
    assert "plan-5g-99" in names
    assert [True] == closed
    assert 1 == len(asyncio.all_tasks())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": 99, "offerings": []}', '{"schema": 1}', "\x00", "[" * 99_999]
)
def test_a_broken_file_changes_nothing(tmp_path, file, text):
    (tmp_path / "catalogue.json").write_text(text)
    assert file.changed() is None
    assert file.changed() is None


def test_a_file_that_cannot_be_read_is_written_anew(tmp_path, file, crm):
    (tmp_path / "catalogue.json").write_bytes(b"\xff\xfe{")
    assert file.write(crm.catalogue.offerings.values())
    assert json.loads((tmp_path / "catalogue.json").read_text())["offerings"]
