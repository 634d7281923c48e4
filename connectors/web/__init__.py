"""Web chat: Rasa's REST and socket.io interfaces, and our own page."""

from __future__ import annotations

from connectors.channel import Kit
from connectors.web.adapter import WebAdapter


def adapter(kit: Kit) -> WebAdapter:
    return WebAdapter(kit.outbox, kit.settings.key("web-session"), kit.clock)
