"""SMS by a provider with a plain HTTP interface (docs/channels/sms.md)."""

from __future__ import annotations

from connectors.channel import Kit
from connectors.sms.adapter import SmsAdapter
from connectors.sms.signing import credentials


def adapter(kit: Kit) -> SmsAdapter | None:
    account = credentials(kit.settings)
    return None if account is None else SmsAdapter(account, kit.http, kit.numbered, kit.clock)
