"""What the switchboard itself says: wording by name, in a conversation's Release, channel and language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from switchboard.errors import BadWording
from switchboard.model import Conversation, Origin, OutboundMessage, Reply
from switchboard.ports import Clock
from switchboard.wording import Wording

REQUIRED = frozenset(
    {
        "first_contact", "privacy_notice",
        "looking_up", "quarantined", "stale_choice", "numbered_choices", "agent_left",
        "handoff_queued", "handoff_closed", "handoff_nobody", "handoff_taken", "handoff_back", "handoff_requeued",
        "handoff_place", "handoff_kept", "handoff_left",
        "channel_off",
    }
)  # fmt: skip
"""Names that content must define; a worker refuses to start without them."""


class Voice:
    """`wordings` gives the wording of a Release."""

    def __init__(self, wordings: Callable[[str], Wording], clock: Clock) -> None:
        self._wordings, self._clock = wordings, clock

    def reply(self, name: str, conversation: Conversation, values: Mapping[str, Any] | None = None) -> Reply:
        """Raises BadWording."""
        channel, language = conversation.address.channel, conversation.language
        try:
            return self._wordings(conversation.release_id).render(name, channel, language, values or {})
        except BadWording:
            # A Release that is gone, or older than this name: an apology must not fail for that.
            return self._wordings("").render(name, channel, language, values or {})

    def message(
        self,
        conversation: Conversation,
        reply: Reply,
        id: str,
        origin: Origin = Origin.SYSTEM,
        in_reply_to: str | None = None,
        trace: str = "",
        author: str = "",
    ) -> OutboundMessage:
        """A reply on its way to the conversation's Address, with its epoch."""
        return OutboundMessage(
            id=id,
            conversation=conversation.id,
            address=conversation.address,
            reply=reply,
            origin=origin,
            epoch=conversation.epoch,
            at=self._clock(),
            in_reply_to=in_reply_to,
            release_id=conversation.release_id,
            trace=trace,
            author=author,
            language=conversation.language,
        )
