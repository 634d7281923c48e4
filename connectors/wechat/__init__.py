"""WeChat Official Account: encrypted callbacks in, customer-service messages out."""

from __future__ import annotations

from connectors.channel import Kit
from connectors.wechat.adapter import WechatAdapter
from connectors.wechat.api import WechatApi
from connectors.wechat.settings import account
from connectors.wechat.token import TokenFile


def adapter(kit: Kit) -> WechatAdapter | None:
    own = account(kit.settings)
    if own is None:
        return None
    return WechatAdapter(
        own, WechatApi(own, kit.http, TokenFile(kit.settings.var / "wechat-token.json"), kit.clock), kit.clock
    )
