"""A name that a REST caller chose proves nothing."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from bot.client import turn_request
from switchboard.model import Address, Binding, Conversation, InboundMessage
from switchboard.ports import Turn

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
BINDING = Binding("+8613800000000", "s1", NOW, "code")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (Address("web", "rest:anna"), None),
        (Address("web", "0123456789abcdef0123456789abcdef"), BINDING),
        (Address("wechat", "rest:anna"), BINDING),
        (Address("sms", "+8613800000000"), BINDING),
    ],
)
def test_a_turn_knows_a_binding_only_of_a_proven_address(address, expected):
    conversation = Conversation("c", address, binding=BINDING)
    request = turn_request(InboundMessage("m", address, "查话费", NOW), conversation, Turn("token"))
    assert request.binding == expected
