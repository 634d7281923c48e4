"""The drill: a copy is made under load, everything is killed, and another folder goes on from the copy."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from tests.people import World, open_world
from tests.ports import free_port
from tests.stack import ROOT, Stack, outside, until

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.timeout(600),
    pytest.mark.skipif("DRILLS" not in os.environ, reason="takes minutes: make test-full, or DRILLS=1"),
]
BUYERS, CHATTERS, BURST = 6, 4, 25
LIMIT_S = 15 * 60
"""From the order to restore to an installation that answers."""


@dataclass
class Phone:
    """Writes under ids of its own; knows what the gateway said it stored and what was delivered."""

    world: World
    msisdn: str
    stored: list[str] = field(default_factory=list)

    async def say(self, text: str) -> None:
        identifier = f"{self.msisdn[-4:]}n{len(self.stored)}"
        body = {"id": identifier, "from": self.msisdn, "to": self.world.settings.sms_sender, "text": text}
        assert await self.world.provider.post("/sms/mo", body) == 200
        self.stored.append(f"sms:{identifier}")

    def heard(self) -> list[dict[str, object]]:
        return [body for body in self.world.provider.delivered if body["to"] == self.msisdn]

    def text(self) -> str:
        return "\n".join(str(body["text"]) for body in self.heard())

    def answered(self) -> set[str]:
        return {str(body["id"]).partition("/")[0] for body in self.heard() if "/early" not in str(body["id"])}


@pytest.fixture
def folders() -> Iterator[Path]:
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-drill-") as folder:
        yield Path(folder)


def switchboard(stack: Stack, *words: str) -> float:
    """Run a command of an installation; the seconds it took."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENJI_")}
    began = time.monotonic()
    argv, env = [sys.executable, "-m", "switchboard", *words], {**kept, **stack.environment()}
    done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - began


def with_money(stack: Stack, count: int) -> list[str]:
    """Numbers that can pay for a pack."""
    asked = """
        SELECT s.msisdn FROM subscriber s JOIN bucket b ON b.msisdn = s.msisdn AND b.kind = 'general'
        WHERE s.status = 'active' AND b.amount_fen > 5000 AND s.language = 'zh' ORDER BY s.id DESC LIMIT ?
    """
    with closing(sqlite3.connect(stack.folder / "crm.db")) as connection:
        return [row[0] for row in connection.execute(asked, (count,))]


def orders(stack: Stack, since: str) -> dict[str, int]:
    asked = "SELECT msisdn, count(*) FROM product_order WHERE channel = 'sms' AND placed_at >= ? GROUP BY msisdn"
    with closing(sqlite3.connect(stack.folder / "crm.db")) as connection:
        return dict(connection.execute(asked, (since,)).fetchall())


async def copy_under_load(phones: list[Phone], buyers: list[Phone], old: Stack, copy: Path) -> float:
    """More questions than can be answered at once; one buyer after the other says yes while the copy is made."""
    for _ in range(BURST):
        for phone in phones:
            if phone not in buyers:
                await phone.say("查话费")
    copying = asyncio.create_task(asyncio.to_thread(switchboard, old, "backup", str(copy)))
    for phone in buyers:
        await phone.say("确认办理")
        await asyncio.sleep(0.5)
    took_s = await copying
    # Some answers go out, and some orders are made, that the copy knows nothing of.
    await asyncio.sleep(1)
    return took_s


def waiting(stack: Stack) -> set[str]:
    """Ids of messages of people that are stored and not answered yet."""
    found = set()
    with redis.Redis(unix_socket_path=str(stack.redis_socket)) as client:
        for key in client.scan_iter("{p*}:in"):
            items = [json.loads(fields[b"i"]) for _, fields in client.xrange(key)]
            found |= {item["id"] for item in items if item["type"] == "InboundMessage"}
    return found


def go_on(new: Stack, copy: Path) -> set[str]:
    """Restore and start; what waited in the copy."""
    switchboard(new, "restore", str(copy))
    new.prepare()
    new.spawn("redis")
    new.wait_ready("redis")
    waited = waiting(new)
    for name in new.names[1:]:
        new.spawn(name)
    for name in new.names[1:]:
        new.wait_ready(name)
    return waited


async def test_what_waited_is_answered_by_the_copy_and_no_order_is_doubled(
    folders: Path, tell: Callable[[str], None]
) -> None:
    port, since = free_port(), time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    settings = outside(port)
    old, new = Stack(folders / "old", settings=settings), Stack(folders / "new", settings=settings)
    try:
        await asyncio.to_thread(old.start)
        async with open_world(old.environment(), old.url, port) as world:
            phones = [Phone(world, msisdn) for msisdn in with_money(old, BUYERS + CHATTERS)]
            buyers = phones[:BUYERS]
            for phone in buyers:
                await phone.say("办理5元流量包")

            async def offered() -> bool:
                return all("确认办理" in phone.text() for phone in buyers)

            await until(offered, 90)
            backup_s = await copy_under_load(phones, buyers, old, folders / "copy")
            for name in reversed(old.names):
                old.kill(name)
            new.make_folder()
            shutil.copy(old.folder / "secret", new.folder / "secret")
            began = time.monotonic()
            waited = await asyncio.to_thread(go_on, new, folders / "copy")
            restore_s = time.monotonic() - began

            async def answered() -> bool:
                return not waited - {message for phone in phones for message in phone.answered()}

            await until(answered, 120)
            made = orders(new, since)
            tell(f"\nBackup {backup_s:.1f} s under load; restore until it answers {restore_s:.1f} s")
            tell(f"{len(waited)} messages waited in the copy, all answered; orders {made}")
            assert waited
            assert set(made.values()) <= {1}
            assert {phone.msisdn for phone in buyers if phone.stored[1] in waited} <= set(made)
            assert restore_s < LIMIT_S
    finally:
        new.stop()
        old.stop()
