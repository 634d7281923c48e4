"""Who has a number, for the switchboard: the CRM says."""

from __future__ import annotations

from crm.errors import CrmError, NotFound
from crm.operations.elders import SENIOR_PRIORITY, is_elder
from crm.port import Crm, within
from switchboard.errors import NotReachable
from switchboard.redis.stores import utc_now

LOOKUP_S = 2.0


class CrmDirectory:
    """The Directory port on the CRM."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    async def lookup(self, msisdn: str) -> tuple[str, str] | None:
        try:
            subscriber = await self._crm.subscriber_of(msisdn, deadline=within(LOOKUP_S))
        except NotFound:
            return None
        except CrmError as error:
            raise NotReachable(f"crm: {error}") from error
        return subscriber.id, subscriber.region

    async def priority(self, msisdn: str) -> int:
        try:
            person = await self._crm.subscriber_of(msisdn, deadline=within(LOOKUP_S))
        except NotFound:
            return 0
        except CrmError as error:
            raise NotReachable(f"crm: {error}") from error
        return SENIOR_PRIORITY if is_elder(person, utc_now()) else 0
