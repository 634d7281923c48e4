"""What somebody proves themselves with goes into the vault whole, so that no transcript, tracker or screen has it."""

from __future__ import annotations

from dataclasses import replace

from switchboard.masking import mask_item, mask_proof
from switchboard.model import Conversation, InboundMessage, Owner
from switchboard.ports import Vault
from switchboard.redis.records import Entry


async def put_away(vault: Vault, entry: Entry, conversation: Conversation) -> Entry:
    """The entry without the proof that the bot waits for; as it is for everybody else. Raises NotReachable."""
    item = entry.item
    held = conversation.owner in (Owner.QUEUE, Owner.AGENT)
    if conversation.context.awaits != "proof" or held or not isinstance(item, InboundMessage):
        return entry
    masked, secrets = mask_item(item, how=mask_proof)
    assert isinstance(masked, InboundMessage)
    if secrets:
        await vault.keep(entry.conversation, secrets)
    return replace(entry, item=masked)
