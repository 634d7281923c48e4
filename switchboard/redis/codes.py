"""The CodeSender port of crm/operations: a one-time code goes out by SMS and is in clear in no store and no log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from structlog.contextvars import get_contextvars

from switchboard import masking
from switchboard.model import Address, Notice, SecretValue
from switchboard.ports import Accept, Clock


class SmsCodes:
    """The code goes into the vault of the number's SMS conversation; the sender opens it, after everything else."""

    def __init__(self, accept: Accept, clock: Clock) -> None:
        self._accept, self._clock = accept, clock

    async def send_code(
        self, msisdn: str, code: str, response: str, values: Mapping[str, Any], language: str, dedupe: str
    ) -> None:
        now, ref = self._clock(), masking.new_ref()
        notice = Notice(
            id=f"code:{ref}",
            address=Address("sms", msisdn),
            kind="security",
            response=response,
            values={**values, "code": f"⟦code:{ref}⟧"},
            dedupe=dedupe,
            earliest=now,
            # The vault forgets it after ten minutes.
            latest=now + timedelta(minutes=9),
            language=language,
        )
        trace = str(get_contextvars().get("trace", ""))
        await self._accept.accept([notice], [SecretValue(ref, "code", code)], trace)
