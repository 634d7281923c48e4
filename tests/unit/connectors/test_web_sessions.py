"""Web sessions: who holds a token, and when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from connectors.web.sessions import Sessions
from switchboard.model import Binding, Conversation

NOON = datetime(2026, 11, 21, 4, tzinfo=timezone.utc)


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(b"k" * 32, clock)


def conversation(session, bound_at=None, generation=0):
    binding = Binding("+8613800000000", "s1", bound_at, "code") if bound_at else None
    return Conversation("web:c", session.address, binding=binding, generation=generation)


def test_a_token_is_read_back(sessions):
    session = sessions.new()
    assert sessions.read(sessions.token(session)) == session


def test_two_sessions_have_different_addresses(sessions):
    assert sessions.new().address != sessions.new().address


@pytest.mark.parametrize(
    "change",
    [lambda t: "", lambda t: t[:-1] + "0x"[t[-1] == "0"], lambda t: "0f"[t[0] == "0"] + t[1:], lambda t: t + "0"],
)
def test_a_changed_token_is_nobodys(sessions, change):
    token = sessions.token(sessions.new())
    assert sessions.read(change(token)) is None


@pytest.mark.parametrize("token", [None, 7, [], {}, "rest:anna", "a.b.c.d"])
def test_what_is_no_token_is_nobodys(sessions, token):
    assert sessions.read(token) is None


def test_another_installations_token_is_nobodys(sessions, clock):
    assert sessions.read(Sessions(b"o" * 32, clock).token(sessions.new())) is None


def test_a_token_ends_after_30_days(sessions, clock):
    token = sessions.token(sessions.new())
    clock.now = NOON + timedelta(days=30)
    assert sessions.read(token) is None


@pytest.mark.parametrize("ahead_s", [-120, 1, 120])
def test_a_login_by_any_clock_ends_all_tokens_but_its_own(sessions, ahead_s):
    session = sessions.new()
    bound = conversation(session, NOON + timedelta(seconds=ahead_s))
    assert session.outlived(bound)
    renewed = sessions.renewed(session, bound)
    assert sessions.read(sessions.token(renewed)) == renewed
    assert not renewed.outlived(bound)
    assert renewed.outlived(conversation(session, NOON + timedelta(seconds=ahead_s + 1)))


def test_the_end_of_a_generation_ends_its_tokens(sessions):
    session = sessions.new()
    assert session.outlived(conversation(session, generation=1))
