"""Who acts, from where, by which message. Built from what the switchboard proved, never from what somebody typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """The number that the Address belongs to, and whom the CRM named for it at that time."""

    msisdn: str
    subscriber_id: str


@dataclass(frozen=True)
class Context:
    """`message_id` makes a repeated turn act once; `channel` is wechat, wecom, sms, web or desk; `place` is that of the
    message in the log of what people say, empty for what never lay there.
    """

    conversation: str
    message_id: str
    channel: str
    language: str = "zh"
    region: str = ""
    bound: Bound | None = None
    place: str = ""
