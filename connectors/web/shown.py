"""How an OutboundMessage looks to widgets: Rasa's two shapes, and what our own page needs beside them."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

from connectors.web.adapter import payload
from switchboard.model import Choice, OutboundMessage


def rest_message(recipient: str, message: OutboundMessage) -> dict[str, Any]:
    """One element of Rasa's REST answer."""
    shown: dict[str, Any] = {"recipient_id": recipient, "text": _text(message)}
    if message.reply.choices:
        shown["buttons"] = [{"title": c.label, "payload": payload(c.number, c.token)} for c in message.reply.choices]
    return shown


def socket_message(position: str, message: OutboundMessage) -> dict[str, Any]:
    """The body of `bot_uttered`. Widgets made for Rasa ignore the key `renji`."""
    shown: dict[str, Any] = {"text": _text(message), "renji": _ours(position, message)}
    if message.reply.choices:
        shown["quick_replies"] = [_quick_reply(choice) for choice in message.reply.choices]
    media = message.reply.media
    if media and media.kind == "image" and media.reference.startswith("https://"):
        shown["attachment"] = {"type": "image", "payload": {"src": media.reference}}
    return shown


def veiled(key: bytes, message: OutboundMessage) -> OutboundMessage:
    """The message under other ids, always the same ones: its own hold the id of the message that it answers, and who
    knows that of the login gets the session's next token."""
    return replace(
        message,
        id=_hidden(key, message.id),
        in_reply_to=_hidden(key, message.in_reply_to) if message.in_reply_to else None,
    )


def _hidden(key: bytes, identifier: str) -> str:
    return hmac.new(key, f"shown\n{identifier}".encode(), hashlib.sha256).hexdigest()[:32]


def _ours(position: str, message: OutboundMessage) -> dict[str, Any]:
    link = message.reply.link
    return {
        "id": message.id,
        "position": position,
        "text": message.reply.text,
        "link": {"title": link.title, "url": link.url} if link else None,
        "origin": message.origin.value,
        "in_reply_to": message.in_reply_to,
        "at": message.at.isoformat(),
    }


def _quick_reply(choice: Choice) -> dict[str, Any]:
    return {
        "content_type": "text",
        "title": choice.label,
        "payload": payload(choice.number, choice.token),
        "token": choice.token,
    }


def _text(message: OutboundMessage) -> str:
    link = message.reply.link
    return f"{message.reply.text}\n{link.title} {link.url}" if link else message.reply.text
