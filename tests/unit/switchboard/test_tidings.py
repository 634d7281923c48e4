"""What a number is told that nobody asked for just now: by SMS, once."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from switchboard.model import Address, Notice
from switchboard.redis.tidings import SmsTidings

NOW = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)


class Door:
    """Keeps what was entered, each dedupe key once, as the exchange does."""

    def __init__(self) -> None:
        self.entered: dict[str, Notice] = {}

    async def accept(self, items: list[Notice], *_: Any) -> int:
        new = [item for item in items if item.dedupe not in self.entered]
        self.entered.update({item.dedupe: item for item in new})
        return len(new)


async def test_a_number_is_told_by_sms_and_once() -> None:
    door = Door()
    tidings = SmsTidings(door, lambda: NOW)  # type: ignore[arg-type]
    for _ in range(2):
        await tidings.tell("+8613800000012", "line_restored", {}, "en", "restored:1")
    (notice,) = door.entered.values()
    assert (Address("sms", "+8613800000012"), "service", "en") == (notice.address, notice.kind, notice.language)
    assert notice.earliest == NOW and notice.values["of_number"] == ""
