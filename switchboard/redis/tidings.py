"""The Notifier port of crm/operations: what is told to a number by SMS, through the one door for a Notice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from switchboard.model import Address, Notice
from switchboard.notices import Notices
from switchboard.ports import Accept, Clock

WORTH_SAYING = timedelta(hours=24)


class SmsTidings:
    """Of the class service: said at any hour, since somebody waits for it."""

    def __init__(self, accept: Accept, clock: Clock) -> None:
        self._notices, self._clock = Notices(accept), clock

    async def tell(self, msisdn: str, response: str, values: Mapping[str, Any], language: str, dedupe: str) -> None:
        now = self._clock()
        notice = Notice(
            id=f"tidings:{hashlib.sha256(dedupe.encode()).hexdigest()[:16]}",
            address=Address("sms", msisdn),
            kind="service",
            response=response,
            values={"of_number": "", **values},
            dedupe=dedupe,
            earliest=now,
            latest=now + WORTH_SAYING,
            language=language,
        )
        await self._notices.enter(notice)
