"""The ledger sees what it is there to see."""

from __future__ import annotations

from tests.chaos.ledger import Purchase, Talk, reckon


def talk(accepted: str, heard: str) -> Talk:
    told = Talk("+861")
    for message in accepted.split():
        told.took(message)
    for outbound in heard.split():
        told.hears(outbound)
    return told


def breaches(told: Talk, *purchases: Purchase, orders: int = 0, quarantined: str = "", **read_with: str) -> set[str]:
    found = reckon([told], purchases, {"+861": orders}, frozenset(quarantined.split()), {}, read_with)
    return set(found.breaches)


def test_a_quiet_day_breaches_nothing() -> None:
    assert breaches(talk("a b", "a/1 a/2 b/1"), Purchase("+861", True), orders=1) == set()


def test_a_message_without_an_answer_is_lost_and_one_moment_is_no_answer() -> None:
    assert breaches(talk("a b", "a/1 b/early")) == {"lost"}
    assert breaches(talk("a b", "a/1"), quarantined="b") == set()


def test_an_opener_is_answered_with_the_later_message_that_it_was_read_with() -> None:
    assert breaches(talk("a b", "b/1"), a="b") == set()
    assert breaches(talk("a b c", "c/1"), a="b", b="c") == {"lost"}
    assert breaches(talk("a b", "a/1"), b="a") == {"lost"}
    assert breaches(talk("a b", ""), a="b") == {"lost"}


def test_answers_in_another_order_than_the_questions_are_seen() -> None:
    assert breaches(talk("a b", "b/1 a/1")) == {"order of answers broken"}


def test_an_order_too_many_and_one_too_few_are_seen() -> None:
    assert breaches(talk("", ""), Purchase("+861", True), orders=2) == {"orders doubled"}
    assert breaches(talk("", ""), Purchase("+861", True), orders=0) == {"said to be done, but not in the CRM"}
    assert breaches(talk("", ""), Purchase("+861", False), orders=1) == set()


def test_people_of_one_name_have_ledgers_of_their_own() -> None:
    assert not reckon([talk("a", "a/1"), talk("b", "b/1")], [], {}, frozenset(), {}).breaches


def test_what_came_twice_is_counted() -> None:
    assert reckon([talk("a", "a/1 a/1")], [], {}, frozenset(), {}).repeated == 1
