"""Which Official Account we are, from the settings or, in the demo, derived from the installation's secret."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from switchboard.errors import BadSettings
from switchboard.settings import Settings

DEMO_APP_ID = "wx0demo000000000000"
API_URL = "https://api.weixin.qq.com"


@dataclass(frozen=True)
class Account:
    """`aes_keys` holds the current EncodingAESKey and, after a rotation, the previous one; empty means plain mode."""

    api_url: str
    app_id: str
    app_secret: str
    token: str
    aes_keys: tuple[str, ...] = ()


def account(settings: Settings) -> Account | None:
    """None where WeChat is not set up. Raises BadSettings for half an account."""
    if settings.demo and not settings.wechat_app_id:
        return _demo(settings)
    given = (settings.wechat_app_id, settings.wechat_app_secret, settings.wechat_token)
    if not any(given):
        return None
    if not all(given):
        raise BadSettings("WeChat needs RENJI_WECHAT_APP_ID, RENJI_WECHAT_APP_SECRET and RENJI_WECHAT_TOKEN")
    keys = tuple(key for key in (settings.wechat_aes_key, settings.wechat_previous_aes_key) if key)
    if any(not re.fullmatch(r"[0-9A-Za-z+/]{43}", key) for key in keys):
        raise BadSettings("RENJI_WECHAT_AES_KEY must be the 43 characters of the EncodingAESKey")
    return Account(settings.wechat_api_url.rstrip("/") or API_URL, *given, keys)


def _demo(settings: Settings) -> Account:
    key = settings.key("wechat")
    aes = base64.b64encode(settings.key("wechat-aes")).decode().rstrip("=")
    return Account(
        f"http://{settings.host}:{settings.port}/demo/provider/wechat",
        DEMO_APP_ID,
        key.hex()[:32],
        key.hex()[32:],
        (aes,),
    )
