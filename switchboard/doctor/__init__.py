"""What keeps an installation from working well, one line each: `python -m switchboard doctor`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import aiohttp

from switchboard.doctor import machine, redis, services, setup
from switchboard.doctor.finding import FAIL, OK, WARN, Finding
from switchboard.errors import BadSettings
from switchboard.redis.stores import open_stores
from switchboard.settings import Settings

__all__ = ["FAIL", "OK", "WARN", "Finding", "examine", "report"]


async def examine(settings: Settings, root: Path) -> list[Finding]:
    """`root` holds requirements/. Changes nothing but a probe key in Redis and a file that it removes."""
    found = [*machine.versions(root / "requirements"), *setup.secrets(settings), *setup.channels(settings)]
    found += setup.addresses(settings)
    found += await _redis(settings, root)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        found += await services.reachable(settings, http)
    found += await services.certificates(settings)
    return found


async def _redis(settings: Settings, root: Path) -> list[Finding]:
    """Redis and the disk under it."""
    try:
        stores = open_stores(settings)
    except BadSettings as error:
        # The secret is told by itself; nothing can be opened without it.
        return [Finding(FAIL, "redis", f"was not asked: {error}")]
    try:
        found, folder = await redis.examined(stores, settings)
    finally:
        await stores.close()
    here = next((place for place in (folder, settings.var) if place is not None and place.is_dir()), root)
    return [*found, *machine.disk(here)]


def report(found: Iterable[Finding]) -> tuple[int, list[str]]:
    """(exit code, lines): 1 where something fails, 0 with warnings too."""
    found = list(found)
    lines = [f"{one.level:<4}  {one.what:<22} {one.text}" for one in found]
    counts = {level: sum(one.level == level for one in found) for level in (OK, WARN, FAIL)}
    summary = ", ".join(f"{count} {level}" for level, count in counts.items())
    return int(counts[FAIL] > 0), [*lines, summary]
