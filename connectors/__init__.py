"""Channels. A channel is one folder and one line in `ADAPTERS`.

adapters = connectors.build(settings, http, outbox, numbered=wording.numbered)
async with adapters["sms"].running():
    await adapters["sms"].send(message)
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

import aiohttp

from connectors import sms, web, wechat
from connectors.channel import Kit, Numbered
from switchboard.ports import ChannelAdapter, Clock, WebOutbox
from switchboard.settings import Settings

ADAPTERS: list[Callable[[Kit], ChannelAdapter | None]] = [web.adapter, sms.adapter, wechat.adapter]
"""Each makes its channel's adapter, or None where the channel is not set up."""


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def build(
    settings: Settings,
    http: aiohttp.ClientSession,
    outbox: WebOutbox,
    numbered: Numbered,
    clock: Clock = utc_now,
) -> dict[str, ChannelAdapter]:
    """The adapters of every channel that is set up, by channel name. Raises BadSettings where one is set up by half.

    The caller owns `http` and closes it; `numbered` (`Wording.numbered`) makes one text of a reply for channels
    without buttons.
    """
    kit = Kit(settings, http, outbox, numbered, clock)
    return {adapter.name: adapter for make in ADAPTERS if (adapter := make(kit)) is not None}
