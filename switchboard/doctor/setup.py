"""What the settings say: secrets, channels that are half set, addresses."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from switchboard.doctor.finding import FAIL, OK, WARN, Finding
from switchboard.errors import BadSettings
from switchboard.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_AES_KEY = re.compile(r"[0-9A-Za-z+/]{43}")


def secrets(settings: Settings) -> Iterator[Finding]:
    try:
        length = len(settings.secret)
    except BadSettings as error:
        yield Finding(FAIL, "secret", f"{error}: write at least 32 random bytes into it, with mode 0600")
    else:
        yield _private(settings.secret_file, "secret", f"{length} bytes", 0o600)
    if settings.var.is_dir():
        yield _private(settings.var, "state folder", "only its owner can enter", 0o700)
    if settings.redis_url.startswith("unix:"):
        socket = Path(settings.redis_url.removeprefix("unix://").split("?")[0])
        if socket.exists():
            yield _private(socket, "redis socket", "only its owner can connect", 0o600)


def _private(path: Path, what: str, told: str, mode: int) -> Finding:
    """Nobody but the owner may do anything with it."""
    has = stat.S_IMODE(path.stat().st_mode)
    if has & 0o077:
        level = WARN if path.is_dir() else FAIL
        return Finding(level, what, f"{path} has mode {has:04o}: chmod {mode:04o} it, others can use it")
    return Finding(OK, what, told)


def channels(settings: Settings) -> Iterator[Finding]:
    """Half set is worse than not set: the process refuses to start, or signs with nothing."""
    sms = {"RENJI_SMS_SEND_URL": settings.sms_send_url, "RENJI_SMS_SECRET": settings.sms_secret}
    yield _whole("sms", sms, settings.demo)
    if settings.sms_secret and len(settings.sms_secret) < 16:
        yield Finding(FAIL, "sms", "RENJI_SMS_SECRET has fewer than 16 characters: agree on a longer one")
    wechat = {
        "RENJI_WECHAT_APP_ID": settings.wechat_app_id,
        "RENJI_WECHAT_APP_SECRET": settings.wechat_app_secret,
        "RENJI_WECHAT_TOKEN": settings.wechat_token,
    }
    yield _whole("wechat", wechat, settings.demo)
    keys = {"AES_KEY": settings.wechat_aes_key, "PREVIOUS_AES_KEY": settings.wechat_previous_aes_key}
    for name, key in keys.items():
        if key and not _AES_KEY.fullmatch(key):
            yield Finding(
                FAIL, "wechat", f"RENJI_WECHAT_{name} is not the 43 characters of an EncodingAESKey: copy it again"
            )
    if settings.wechat_app_id and not settings.wechat_aes_key:
        yield Finding(WARN, "wechat", "plain mode, messages come unencrypted: set RENJI_WECHAT_AES_KEY and secure mode")
    paygate = {"RENJI_PAYGATE_URL": settings.paygate_url, "RENJI_PAYGATE_SECRET": settings.paygate_secret}
    if settings.paygate_secret and not settings.paygate_url:
        yield Finding(WARN, "payments", "go to the reference CRM's stand-in: set RENJI_PAYGATE_URL to take money")
    else:
        yield _whole("payments", paygate, settings.demo)


def _whole(what: str, values: dict[str, str], demo: bool) -> Finding:
    missing = [name for name, value in values.items() if not value]
    if not missing:
        return Finding(OK, what, "is set up")
    if len(missing) < len(values):
        return Finding(FAIL, what, f"is half set up: set {', '.join(missing)} too, or none of {', '.join(values)}")
    return Finding(OK, what, "is the demo's stand-in" if demo else "is not set up")


def addresses(settings: Settings) -> Iterator[Finding]:
    public = urlsplit(settings.public_url)
    outside = public.hostname not in LOOPBACK
    if settings.demo and (outside or settings.host not in LOOPBACK):
        yield Finding(FAIL, "demo", "RENJI_DEMO=1 with an address of the outside: unset it, anybody could log in")
    if outside and public.scheme != "https":
        yield Finding(
            FAIL, "public address", "RENJI_PUBLIC_URL is not https: put a TLS proxy in front and name it there"
        )
    elif outside and f"{public.scheme}://{public.netloc}" not in [o.strip() for o in settings.origins.split(",")]:
        yield Finding(
            WARN, "public address", "RENJI_ORIGINS lacks RENJI_PUBLIC_URL: its own pages cannot open the web chat"
        )
    elif not outside and not settings.demo:
        yield Finding(WARN, "public address", "only this machine can follow our links: set RENJI_PUBLIC_URL")
    else:
        yield Finding(OK, "public address", settings.public_url)
