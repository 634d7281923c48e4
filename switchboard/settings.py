"""Settings: one frozen object, read once from RENJI_* variables. An unknown variable or an impossible value is an
error that lists them all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from switchboard.errors import BadSettings

CrmKind = Literal["tmf", "carrier"]
LONGEST_STALL_S = 8
"""A worker asks another slot after 9 s and no longer knows then which message stalled the first."""


@dataclass(frozen=True)
class Settings:
    """Every setting with its embedded default. `docs/settings.md` explains each."""

    demo: bool = False
    """The demo page, demo log-ins and simulators. Refuses non-loopback addresses, a foreign CRM and real channel
    credentials.
    """
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    var: Path = Path("var")
    secret_file: Path = Path("var/secret")
    redis_url: str = "unix://var/redis.sock"
    redis_replicas: int = 0
    """Replicas that must have a message before a channel hears "received"."""
    database_url: str = "sqlite+aiosqlite:///var/console.db"
    crm: CrmKind = "tmf"
    """How the CRM is spoken to: TM Forum v4, or the worked example of a carrier's own JSON."""
    crm_url: str = "http://127.0.0.1:8090"
    crm_secret: str = ""
    """Shared with the CRM: the bearer token, or what signs. "" derives one, as the reference CRM does."""
    crm_database_url: str = "sqlite+aiosqlite:///var/crm.db"
    crm_listeners: str = ""
    """Origins that may register at a hub of the reference CRM, comma-separated."""
    rasa_urls: str = "http://127.0.0.1:5005,http://127.0.0.1:5006"
    actions_url: str = ""
    catalogue_refresh_s: int = 60
    """How often a Rasa slot reads from the CRM what is sold, so that new names are understood."""
    stall_s: int = 6
    """A Rasa slot or action server whose loop has not turned for so long ends itself, 0 for never. Below 9 s, after
    which the worker asks elsewhere and no longer knows which message did it."""
    content: Path = Path("content")
    worker_name: str = "worker"
    partitions: int = 256
    in_cap: int = 100_000
    """Waiting messages at which new ones are refused (503)."""
    rate_address_per_minute: int = 120
    """Messages of one Address, 0 for no limit: 429 above."""
    rate_person_per_minute: int = 240
    """Messages of one subscriber through all their Addresses, 0 for no limit: 429 above."""
    rate_all_per_s: int = 1000
    """Messages of everybody, 0 for no limit: 503 above."""
    rate_caller_per_s: int = 10
    """REST messages from one remote address, six times as many at once, 0 for no limit: 429 above."""
    keep_transcripts_days: int = 190
    """Messages, hand-offs, outcomes: SMS records must be kept for at least six months."""
    keep_trackers_days: int = 30
    """The bot's memory of who has been silent since."""
    keep_evidence_days: int = 1100
    """What proves a purchase: three years, the general limitation of claims."""
    keep_logs_days: int = 190
    """Files in var/log that nobody has written to since: network logs must be kept for at least six months."""
    log_level: str = "info"
    origins: str = "http://127.0.0.1:8080,http://localhost:8080"
    """Web pages that may open the web chat, comma-separated."""
    desk_hours: str = "08:00-22:00"
    quiet_hours: str = "21:00-08:00"
    """When no notice is said but what the law or security asks for, in Asia/Shanghai; "" for never."""
    notices_per_day: int = 5
    """Notices to one person within 24 hours, beside those they asked for and legal ones."""
    log_writers: int = 1
    """Groups of partitions whose log is brought into SQL side by side, by as many workers; for PostgreSQL only."""
    worker_metrics_port: int = 0
    """0: no metrics port of the worker."""
    sms_send_url: str = ""
    """Where the SMS provider takes messages; "" uses the demo phone."""
    sms_secret: str = ""
    """Shared with the SMS provider: signs both directions. "" in the demo derives one."""
    sms_sender: str = "10690000"
    sms_signature: str = "【云通】"
    wechat_api_url: str = ""
    """Base URL of the WeChat API; "" uses the demo stand-in."""
    wechat_app_id: str = ""
    wechat_app_secret: str = ""
    wechat_token: str = ""
    wechat_aes_key: str = ""
    wechat_previous_aes_key: str = ""
    paygate_url: str = ""
    """Where checkouts are opened; "" uses the stand-in of the reference CRM. Its callbacks go to public_url."""
    paygate_secret: str = ""
    """Shared with the payment gateway: signs callbacks. "" in the demo derives one."""

    @property
    def crm_token(self) -> str:
        """What the CRM asks its callers for, and we ask it for."""
        return self.crm_secret or self.key("crm").hex()

    @property
    def secret(self) -> bytes:
        """The installation's secret: at least 32 bytes in a file of mode 0600."""
        try:
            secret = self.secret_file.read_bytes().strip()
        except OSError as error:
            raise BadSettings(f"RENJI_SECRET_FILE {self.secret_file}: {error.strerror}") from error
        if len(secret) < 32:
            raise BadSettings(f"RENJI_SECRET_FILE {self.secret_file} holds fewer than 32 bytes")
        return secret

    def key(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose: conversation, vault, web-session, internal, crm, sms, paygate …"""
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).digest()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """From the environment; RENJI_PORT sets `port`. Raises BadSettings with every fault in one text."""
        fields = {f"RENJI_{f.name.upper()}": f for f in dataclasses.fields(cls)}
        faults = [
            f"{name}: unknown setting" for name in sorted(environ) if name.startswith("RENJI_") and name not in fields
        ]
        values: dict[str, Any] = {}
        for name, f in fields.items():
            if name in environ:
                try:
                    values[f.name] = _parse(f.type, environ[name])
                except ValueError as error:
                    faults.append(f"{name}: {error}")
        read = cls(**values)
        faults += read._out_of_range()
        if faults:
            raise BadSettings("; ".join(faults))
        return read

    def _out_of_range(self) -> list[str]:
        """What is a number but not one that works."""
        faults = []
        if not 0 <= self.stall_s <= LONGEST_STALL_S:
            faults.append(f"RENJI_STALL_S: must be 1 to {LONGEST_STALL_S}, or 0 for never")
        if not 1 <= self.log_writers <= self.partitions:
            faults.append(f"RENJI_LOG_WRITERS: must be 1 to {self.partitions}, the number of partitions")
        elif self.log_writers > 1 and self.database_url.startswith("sqlite"):
            faults.append("RENJI_LOG_WRITERS: more than 1 needs PostgreSQL in RENJI_DATABASE_URL")
        return faults


def _parse(kind: Any, text: str) -> Any:
    if kind == "bool":
        if text not in ("0", "1"):
            raise ValueError("must be 0 or 1")
        return text == "1"
    if kind == "CrmKind":
        if text not in get_args(CrmKind):
            raise ValueError(f"must be {' or '.join(get_args(CrmKind))}")
        return text
    if kind == "int":
        return int(text)
    if kind == "Path":
        return Path(text)
    return text
