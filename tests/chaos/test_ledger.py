"""The ledger sees what it is there to see."""

from __future__ import annotations

import time

import pytest

from tests.chaos.books import Books, Said
from tests.chaos.ledger import Ledger, Outside, reckon
from tests.chaos.talk import Talk
from tests.chaos.timeline import Fault, Ring, Timeline
from tests.chaos.trade import Purchase

C = "sms:li"


def talk(accepted: str, heard: str, channel: str = "sms") -> Talk:
    told = Talk("+861", channel, C)
    for message in accepted.split():
        told.took(message)
    for outbound in heard.split():
        told.hears(outbound)
    return told


def books(told: Talk, fate: str = "sent", **more: object) -> Books:
    """Those that agree with what was heard."""
    said = {outbound: Said(outbound, "", fate, outbound.split("/")[0]) for outbound, _ in told.heard}
    return Books(said={C: tuple(said.values())}, **more)


def breaches(told: Talk, *purchases: Purchase, **more: object) -> set[str]:
    """Of one talk, with a kill at its beginning."""
    return set(reckoned(told, *purchases, **more).breaches)


def reckoned(told: Talk, *purchases: Purchase, **more: object) -> Ledger:
    at = min([when for _, when in told.heard], default=time.monotonic())
    timeline = Timeline(kills=[(at - 1, "worker-1")], out=[(at, 5)])
    return reckon(Outside([told], purchases), books(told, **more), timeline)


def test_a_quiet_day_breaches_nothing() -> None:
    told = talk("a b", "a/1 a/2 b/1")
    assert breaches(told, Purchase("+861", True), orders={"+861": 1}) == set()


def test_a_message_without_an_answer_is_lost_and_one_moment_is_no_answer() -> None:
    assert breaches(talk("a b", "a/1 b/early")) == {"lost"}


def test_a_message_that_nobody_could_answer_is_told_and_not_lost() -> None:
    assert breaches(talk("a b", "a/1 b/quarantine-1"), quarantined=frozenset("b")) == set()
    assert breaches(talk("a b", "a/1"), quarantined=frozenset("b")) == {"quarantined and not told"}


def test_where_everything_is_quarantined_nothing_was_tried() -> None:
    messages = [f"m{n}" for n in range(20)]
    told = talk(" ".join(messages), " ".join(f"{message}/quarantine-1" for message in messages))
    assert breaches(told, quarantined=frozenset(messages[:5])) == set()
    assert breaches(told, quarantined=frozenset(messages)) == {"quarantined far too often"}


def test_what_a_human_was_given_is_not_lost() -> None:
    assert breaches(talk("a b", "a/1"), held=frozenset("b")) == set()


def test_an_opener_is_answered_with_the_later_message_that_it_was_read_with() -> None:
    assert breaches(talk("a b", "b/1"), read_with={"a": "b"}) == set()
    assert breaches(talk("a b c", "c/1"), read_with={"a": "b", "b": "c"}) == {"lost"}
    assert breaches(talk("a b", "a/1"), read_with={"b": "a"}) == {"lost"}
    assert breaches(talk("a b", ""), read_with={"a": "b"}) == {"lost"}


def test_answers_in_another_order_than_the_questions_are_seen() -> None:
    assert breaches(talk("a b", "b/1 a/1")) == {"conversations with a broken order"}


@pytest.mark.parametrize(("what", "written"), [("order", "orders"), ("card", "payments")])
def test_an_order_too_many_and_one_too_few_are_seen(what: str, written: str) -> None:
    told, nobody = Purchase("+861", True, what), talk("", "")
    assert breaches(nobody, told, **{written: {"+861": 2}}) == {f"{written} doubled"}
    assert breaches(nobody, told, **{written: {}}) == {f"{written} told done, but not in the CRM"}
    assert breaches(nobody, Purchase("+861", False, what), **{written: {"+861": 1}}) == set()


def test_what_was_told_and_what_was_written_must_agree() -> None:
    told, nothing = talk("a", "a/1"), Timeline()
    assert set(reckon(Outside([told]), Books(), nothing).breaches) == {"told, but written nowhere"}
    unheard = Books(said={C: (Said("a/1", "", "sent", "a"), Said("a/2", "", "sent", "a"), Said("a/3", "", "", "a"))})
    found = set(reckon(Outside([told]), unheard, nothing).breaches)
    assert found == {"written as sent, but no channel took it", "without a fate"}


def test_a_notice_and_a_receipt_that_went_nowhere_are_seen() -> None:
    told = talk("a", "a/1")
    outside = Outside([told], notices={"n1": told}, receipts=["a/1"])
    found = set(reckon(outside, books(told), Timeline()).breaches)
    assert found == {"notices that nobody heard", "receipts lost"}


def test_people_of_one_name_have_ledgers_of_their_own() -> None:
    first, second = talk("a", "a/1"), talk("b", "b/1")
    both = Books(said={C: (*books(first).said[C], *books(second).said[C])})
    assert not reckon(Outside([first, second]), both, Timeline()).breaches


def test_one_repeat_a_kill_is_allowed_where_a_channel_cannot_tell() -> None:
    assert breaches(talk("a", "a/1 a/1")) == set()
    assert breaches(talk("a", "a/1 a/1 a/1")) == {"repeated more often than killed"}
    assert breaches(talk("a", "a/1 a/1", "web")) == {"repeated in a browser"}


def test_a_repeat_needs_a_kill_and_a_send_in_flight() -> None:
    told = talk("a", "a/1 a/1")
    found = set(reckon(Outside([told]), books(told), Timeline()).breaches)
    assert found == {"repeated more often than killed", "more sends repeated than were in flight"}


def test_a_repeat_may_come_as_long_after_a_fault_was_over_as_after_a_kill() -> None:
    timeline = Timeline(faults=[Fault("redis: stopped", 100.0, 110.0)])
    assert timeline.unexplained([129.0]) == []
    assert timeline.unexplained([131.0]) == [131.0]


def test_a_channel_without_ids_is_read_by_its_texts() -> None:
    told = talk("a b", "", "wechat")
    for text in ("您好", "您好", "话费", "您好\n<a href=…>去支付</a>", "话费", "话费", "别的"):
        told.sees(text)
    told.name_shown([("a/1", "您好"), ("a/2", "话费"), ("b/1", "您好"), ("b/2", "话费")])
    heard = [outbound for outbound, _ in told.heard]
    assert heard == ["a/1", "a/1", "a/2", "b/1", "b/2", "b/2", "unknown text 别的"]
    assert [outbound for outbound, _ in told.repeats()] == ["a/1", "b/2"]


def test_a_page_that_is_shown_other_names_heard_the_same() -> None:
    told = talk("a", "hidden", "web")
    told.unveil({"hidden": "a/1"})
    assert breaches(told) == set()


def test_a_channel_without_ids_shows_what_came_out_of_order() -> None:
    told = talk("a b", "", "wechat")
    told.sees("流量")
    told.sees("话费")
    told.name_shown([("a/1", "话费"), ("b/1", "流量")])
    assert breaches(told) == {"conversations with a broken order"}


def test_a_hand_off_is_held_by_somebody_until_it_ended() -> None:
    told = talk("a", "a/1")
    assert breaches(told, handoffs={C: "queued"}, desk={C: "queue"}) == set()
    assert breaches(told, handoffs={C: "queued"}) == {"hand-offs that nobody holds"}
    assert breaches(told, desk={C: "agent"}) == {"held without a hand-off"}


def test_waits_count_from_the_kill_and_only_where_nothing_else_broke() -> None:
    told = Talk("+861", "sms", C, ["a"], {"a": 10.0}, [("a/early", 15.0), ("a/1", 18.5)])
    timeline = Timeline(kills=[(12.0, "rasa-a")])
    ledger = reckon(Outside([told]), books(told), timeline)
    assert ledger.figures["next answer after a kill, p95"] == "6.5 s (at most 5)"
    assert ledger.figures["next word after a kill, p95"] == "3.0 s (at most 5)"
    assert ledger.late == ["next answer after a kill, p95"]
    timeline.faults.append(Fault("redis: disk full", 14.0, 15.0))
    assert not reckon(Outside([told]), books(told), timeline).late


def test_a_timer_may_be_later_across_a_kill() -> None:
    timeline = Timeline(kills=[(100.0, "worker-1")], rings=[Ring(50.0, 52.5), Ring(101.0, 106.0)])
    ledger = reckon(Outside([talk("a", "a/1")]), books(talk("a", "a/1")), timeline)
    assert ledger.late == ["timers, owned"]
    told = "1, by 5.00 s at most (killed, from when it was due: worker-1 -1.0 s)"
    assert ledger.figures["timers seen late, across a kill"] == told
