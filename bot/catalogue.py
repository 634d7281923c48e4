"""The names of what is sold now: read from the CRM, kept in a file, looked up by the extractor of values.

A Rasa slot runs `refreshing` beside its server. Whatever becomes of the CRM, the last known names stay in
`catalogue.json` under the folder for state; there a training, a shell or a test finds them too, or nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import structlog

from crm.connect import connected
from crm.errors import CrmError
from crm.model import Offering
from crm.port import Crm, within
from switchboard.settings import Settings

SCHEMA = 1
READ_S = 5.0
"""How long the CRM may take to list its offerings."""
FIRST_RETRY_S = 0.5
LEAST_S = 1.0
_MOST_BYTES = 8 * 1024 * 1024
log = structlog.get_logger()


@dataclass(frozen=True)
class Named:
    """An offering by the names that people may use."""

    id: str
    category: str
    names: tuple[str, ...]


class CatalogueFile:
    """The last known names. Several processes may write it; a reader sees one whole version or another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    @classmethod
    def under(cls, var: Path) -> CatalogueFile:
        """Where an installation keeps it."""
        return cls(var / "catalogue.json")

    def changed(self) -> tuple[Named, ...] | None:
        """The names, if there are newer ones than at the last call; None also when the file is absent or broken."""
        try:
            status = self._path.stat()
            version = (status.st_mtime_ns, status.st_ino, status.st_size)
            if version == self._seen or status.st_size > _MOST_BYTES:
                return None
            self._seen = version
            return _named(json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("catalogue_file_not_readable", kind=type(error).__name__)
            return None

    def write(self, offerings: Iterable[Offering]) -> bool:
        """Keep these names; False when they are those that stand there already. Raises OSError."""
        rows = [
            {"id": one.id, "category": one.category, "names": [one.name.zh, one.name.en]}
            for one in sorted(offerings, key=lambda one: one.id)
        ]
        text = json.dumps({"schema": SCHEMA, "offerings": rows}, ensure_ascii=False, indent=1) + "\n"
        try:
            if self._path.read_text(encoding="utf-8") == text:
                return False
        except (OSError, ValueError):
            pass  # absent or broken: written anew
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(prefix=".catalogue-", dir=self._path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._path)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise
        return True


def _named(raw: Any) -> tuple[Named, ...]:
    if raw["schema"] > SCHEMA:
        raise ValueError("written by a newer version")
    return tuple(
        Named(str(row["id"]), str(row["category"]), tuple(str(name) for name in row["names"] if name))
        for row in raw["offerings"]
    )


async def refresh(crm: Crm, file: CatalogueFile) -> bool:
    """Read the catalogue once and keep its names; whether there were any. Withdrawn offerings may still be held."""
    try:
        offerings = await crm.offerings(on_sale=False, deadline=within(READ_S))
    except CrmError as error:
        log.warning("catalogue_not_read", kind=type(error).__name__)
        return False
    if not offerings:
        log.warning("catalogue_empty")
        return False
    if await asyncio.to_thread(file.write, offerings):
        log.info("catalogue_names", offerings=len(offerings))
    return True


async def _refreshed(crm: Crm, file: CatalogueFile) -> bool:
    try:
        return await refresh(crm, file)
    except Exception as error:  # a full disk or an answer that nobody foresaw must not end the task for ever
        log.warning("catalogue_not_kept", kind=type(error).__name__)
        return False


async def keep_fresh(
    crm: Crm, file: CatalogueFile, every_s: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Refresh for ever, each `every_s`; while there is nothing to read or keep, sooner at first, then as rarely."""
    retry_s = FIRST_RETRY_S
    while True:
        if await _refreshed(crm, file):
            retry_s = FIRST_RETRY_S
            await sleep(max(LEAST_S, every_s))
        else:
            await sleep(min(retry_s, max(LEAST_S, every_s)))
            retry_s *= 2


@asynccontextmanager
async def refreshing(crm: AbstractAsyncContextManager[Crm], file: CatalogueFile, every_s: float) -> AsyncIterator[None]:
    """Keeps the names fresh as long as the block runs."""
    async with crm as opened:
        task = asyncio.create_task(keep_fresh(opened, file, every_s))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def kept_fresh(settings: Settings) -> AbstractAsyncContextManager[None]:
    """What a slot enters beside its server."""
    crm = connected(settings.crm, settings.crm_url, settings.crm_token, lambda: datetime.now(timezone.utc))
    return refreshing(crm, CatalogueFile.under(settings.var), settings.catalogue_refresh_s)
