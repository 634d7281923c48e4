"""What asks for papers: the PUK, a new service password, a new SIM, the code to leave with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crm.errors import Unavailable
from crm.reference.papers import papers_of
from tests.dialogues.test_lost_and_visits import Told

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, WANG, ANNA = "+8613800000000", "+8613800000001", "+8613800000011"
BOUND_BY_CONTRACT, USED_BY_ANOTHER = "+8613800000005", "+8613800000014"


def typed(person: Any, text: str, **secrets: str) -> str:
    """The text as masking leaves it: `{id}` is a reference to what was typed there."""
    for kind, value in secrets.items():
        ref = f"{kind}{person.number:04d}"
        person.vault.values[person.conversation, ref] = value
        text = text.replace(f"{{{kind}}}", f"⟦{kind}:{ref}⟧")
    return text


async def gives(person: Any, text: str, intent: str = "inform", **secrets: str) -> Any:
    return await person.say(intent, typed(person, text, **secrets))


def papers(person: Any, number: str = LI) -> Any:
    return papers_of(person.crm.subscribers[number])


def shown(person: Any, heard: Any) -> str:
    """The reply as the channel shows it."""
    text: str = heard.texts[0]
    for (_, ref), value in person.vault.values.items():
        text = text.replace(f"⟦shown:{ref}⟧", value)
    return text


# the PUK
@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_the_puk_is_shown_after_password_and_id_and_stands_in_no_reply(talk: Begin, channel: str) -> None:
    person = talk(LI, channel)
    assert (await person.say("query_puk")).responses == ["ask_puk_papers"]
    known = papers(person)
    heard = await gives(person, "密码{password}，身份证{id}", password=known.password, id=known.id_number)
    assert (heard.responses, heard.outcomes) == (["puk"], [("query_puk", "answered")])
    assert known.puk not in heard.texts[0]
    assert known.puk in shown(person, heard)


async def test_password_and_id_may_come_one_after_the_other_in_any_order(talk: Begin) -> None:
    known = papers(talk())
    for first, then in (("{code}", "{id}"), ("{id}", "{code}")):
        person = talk()
        await person.say("query_puk")
        heard = await gives(person, first, code=known.password, id=known.id_number)
        assert heard.responses == [{"{code}": "ask_puk_id", "{id}": "ask_puk_password"}[first]]
        assert (await gives(person, then, code=known.password, id=known.id_number)).responses == ["puk"]


async def test_a_wrong_password_shows_nothing_and_is_counted(talk: Begin) -> None:
    person = talk()
    await person.say("query_puk")
    heard = await gives(person, "{code} {id}", code="999999", id=papers(person).id_number)
    assert heard.responses == ["refused_papers_wrong", "ask_puk_papers"]
    assert "还可以试4次" in heard.texts[0]


async def test_the_fifth_wrong_try_locks_and_names_the_way_out(talk: Begin) -> None:
    person, known = talk(), papers(talk())
    await person.say("query_puk")
    for _ in range(4):
        await gives(person, "{code} {id}", code="999999", id=known.id_number)
    heard = await gives(person, "{code} {id}", code="999999", id=known.id_number)
    assert heard.responses == ["papers_locked", "nearest_shop"]
    assert heard.menus["papers_locked"] == ["预约到店", "转人工"]
    await person.say("query_puk")
    heard = await gives(person, "{code} {id}", code=known.password, id=known.id_number)
    assert heard.responses[0] == "papers_locked"


async def test_somebody_elses_papers_show_no_puk(talk: Begin) -> None:
    person = talk()
    await person.say("query_puk")
    other = papers(person, WANG)
    heard = await gives(person, "{code} {id}", code=other.password, id=other.id_number)
    assert heard.responses[0] == "refused_papers_wrong"


async def test_the_puk_of_another_number_is_not_told(talk: Begin) -> None:
    heard = await talk().say("query_puk", "尾号0001的PUK", last_digits="0001", spans={"last_digits": "尾号0001"})
    assert heard.responses == ["own_number_only"]


async def test_who_is_not_known_logs_in_before_the_puk_is_asked_for(talk: Begin) -> None:
    assert (await talk(None).say("query_puk")).responses == ["login_ask_number"]


async def test_a_stop_ends_the_question_for_papers(talk: Begin) -> None:
    person = talk()
    await person.say("query_puk")
    assert (await person.say("stop", "取消")).responses == ["stopped"]
    assert (await gives(person, "{code}", code=papers(person).password)).responses != ["puk"]


# the service password
async def choosing(person: Any, number: str = LI) -> None:
    await person.say("reset_password")
    await gives(person, "{id}", id=papers(person, number).id_number)


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_a_new_password_takes_the_id_number_a_choice_and_a_code(talk: Begin, channel: str) -> None:
    person, told = talk(LI, channel), []

    async def tell(msisdn: str, response: str, values: Any, dedupe: str) -> None:
        told.append((msisdn, response))

    person.tell = tell
    assert (await person.say("reset_password")).responses == ["ask_password_id"]
    assert (await gives(person, "{id}", id=papers(person).id_number)).responses == ["ask_new_password"]
    assert (await gives(person, "密码改成{password}", password="908172")).responses == ["code_sent"]
    assert person.crm.passwords == {}
    heard = await person.code(person.sent_code())
    assert (heard.responses, heard.outcomes) == (["password_set"], [("reset_password", "done")])
    assert person.crm.passwords == {LI: "908172"}
    assert told == [(LI, "password_was_set")]


async def waits_for_code(talk: Begin) -> Any:
    person = talk()
    await choosing(person)
    assert (await gives(person, "{password}", password="908172")).responses == ["code_sent"]
    return person


async def test_who_goes_back_from_the_code_gets_a_new_one(talk: Begin) -> None:
    person = await waits_for_code(talk)
    assert (await person.say("go_back", "返回")).responses == ["ask_new_password"]
    heard = await gives(person, "{password}", password="805172")
    assert heard.responses == ["refused_code_too_soon"] and "60秒后" in heard.texts[0]
    person.later(61)
    assert (await person.say("repeat", "重发")).responses == ["code_sent"]
    assert (await person.code(person.sent_code())).responses == ["password_set"]
    assert person.crm.passwords == {LI: "805172"}


async def test_when_no_more_codes_are_sent_the_last_one_still_counts(talk: Begin) -> None:
    person = await waits_for_code(talk)
    for _ in range(4):
        person.later(61)
        assert (await person.say("repeat", "重发")).responses == ["code_sent"]
    person.later(61)
    heard = await person.say("repeat", "重发")
    assert heard.responses == ["refused_code_too_many"] and "直接输入" in heard.texts[0]
    assert (await person.code(person.sent_code())).responses == ["password_set"]


async def test_an_id_number_that_was_wiped_is_asked_for_again(talk: Begin) -> None:
    person = await waits_for_code(talk)
    person.later(61)
    proven = person.stepups.codes[person.conversation, "reset_password"].facts["proven"]
    del person.vault.values[person.conversation, proven]
    assert (await person.say("repeat", "重发")).responses == ["refused_id_short", "ask_password_id"]
    assert (await gives(person, "{id}", id=papers(person).id_number)).responses == ["code_sent"]
    assert (await person.code(person.sent_code())).responses == ["password_set"]


async def test_an_id_number_that_was_wiped_before_the_password_is_asked_for_again(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    for kept in [kept for kept in person.vault.values if kept[1].startswith("id")]:
        del person.vault.values[kept]
    heard = await gives(person, "{password}", password="908172")
    assert heard.responses == ["refused_id_short", "ask_password_id"]
    assert (await gives(person, "{id}", id=papers(person).id_number)).responses == ["code_sent"]


async def test_a_passport_is_an_id_number_too(talk: Begin) -> None:
    person = talk(ANNA)
    person.language = "en"
    await person.say("reset_password")
    heard = await gives(person, "my passport is {id}", id="e00000011")
    assert heard.responses == ["ask_new_password"]


async def test_a_wrong_id_number_sends_no_code_and_the_fifth_locks(talk: Begin) -> None:
    person = talk()
    await person.say("reset_password")
    for left in (4, 3, 2, 1):
        heard = await gives(person, "{id}", id=papers(person, WANG).id_number)
        assert heard.responses == ["refused_id_wrong", "ask_password_id"]
        assert f"还可以试{left}次" in heard.texts[0]
    heard = await gives(person, "{id}", id=papers(person, WANG).id_number)
    assert heard.responses == ["papers_locked", "nearest_shop"]
    assert person.codes.sent == []


async def test_an_id_number_with_a_wrong_digit_looks_like_a_card_and_is_a_wrong_try(talk: Begin) -> None:
    person = talk()
    await person.say("reset_password")
    assert (await gives(person, "{card}", card="330106199201010001")).responses[0] == "refused_id_wrong"


@pytest.mark.parametrize("password", ["123456", "111111", "121212", "000000", "654321", "80000000", "138000"])
async def test_a_password_that_is_guessed_is_not_taken(talk: Begin, password: str) -> None:
    person = talk()
    await choosing(person)
    heard = await gives(person, "{password}", password=password)
    assert heard.responses == ["refused_password_weak", "ask_new_password"]


async def test_a_birthday_is_guessed(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    heard = await gives(person, "{code}", code=papers(person).id_number[8:14])
    assert heard.responses[0] == "refused_password_weak"


async def test_a_wrong_code_changes_no_password_and_a_resend_is_a_new_code(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    await gives(person, "{code}", code="908172")
    first = person.sent_code()
    assert (await person.code("000000" if first != "000000" else "000001")).responses == ["refused_code_wrong"]
    person.later(61)
    assert (await person.say("repeat", "重发")).responses == ["code_sent"]
    assert person.crm.passwords == {}
    assert (await person.code(person.sent_code())).responses == ["password_set"]


async def test_a_new_password_that_was_wiped_meanwhile_is_asked_for_again(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    await gives(person, "{code}", code="908172")
    kept = [ref for ref, value in person.vault.values.items() if value == "908172"]
    del person.vault.values[kept[0]]
    assert (await person.code(person.sent_code())).responses == ["refused_password_gone", "ask_new_password"]


async def test_a_lost_answer_of_the_crm_is_asked_for_again_with_the_same_code(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    await gives(person, "{code}", code="908172")
    person.crm.lose_answers, person.tell = 2, Told()
    assert (await person.code(person.sent_code(), message_id="m-yes")).responses == ["crm_unavailable_in_form"]
    assert person.crm.passwords == {LI: "908172"}
    assert person.tell.said == [(LI, "password_may_be_set")]
    assert (await person.code(person.sent_code(), message_id="m-yes")).responses == ["password_set"]
    assert person.tell.said[1:] == [(LI, "password_was_set")]


async def test_one_lost_answer_is_asked_for_at_once(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    await gives(person, "{code}", code="908172")
    person.crm.lose_answers, person.tell = 1, Told()
    assert (await person.code(person.sent_code())).responses == ["password_set"]
    assert person.tell.said == [(LI, "password_was_set")]


async def test_a_crm_that_never_heard_of_a_password_alarms_nobody(talk: Begin) -> None:
    person = talk()
    await choosing(person)
    await gives(person, "{code}", code="908172")

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("away")

    person.crm.set_password, person.tell = away, Told()
    assert (await person.code(person.sent_code())).responses == ["crm_unavailable_in_form"]
    assert person.tell.said == []


async def test_a_number_that_rests_gets_no_new_password(talk: Begin) -> None:
    person = talk()
    await person.locks.lock(LI, person.now.replace(year=2027))
    await person.say("reset_password")
    assert (await gives(person, "{id}", id=papers(person).id_number)).responses == ["refused_protected"]


# another SIM
@pytest.mark.parametrize(
    ("text", "response"), [("补卡", "new_sim"), ("换eSIM", "new_esim"), ("replace the SIM", "new_sim")]
)
async def test_a_new_sim_is_told_where_with_what_and_a_visit_is_booked(talk: Begin, text: str, response: str) -> None:
    person = talk()
    heard = await person.say("replace_sim", text)
    assert heard.responses == [response, "nearest_shop"]
    assert "预约到店" in heard.labels
    picked = heard.choices[0]
    heard = await person.say(picked["intent"], **picked["entities"])
    assert heard.responses == ["ask_visit_shop"]
    heard = await person.say("inform", **heard.choices[0]["entities"])
    heard = await person.say("inform", **heard.choices[0]["entities"])
    assert heard.responses == ["visit_booked"]
    assert [visit.errand for visit in person.crm.all_visits.values()] == ["sim"]


async def test_who_is_not_known_hears_of_a_new_sim_too(talk: Begin) -> None:
    assert (await talk(None).say("replace_sim", "补卡")).responses == ["new_sim"]


# leaving
def leaving(person: Any, word: str, number: str = LI, name: str = "") -> str:
    known = person.crm.subscribers[number]
    return typed(person, f"{word}#{{id}}", id=f"{name or known.name}#{papers_of(known).id_number}")


async def test_the_code_to_leave_with_goes_by_sms_to_the_number_and_is_good_for_an_hour(talk: Begin) -> None:
    person = talk(LI, "sms")
    assert (await person.say("port_out", leaving(person, "CXXZ"))).responses == ["port_out_clear"]
    heard = await person.say("port_out", leaving(person, "SQXZ"))
    assert (heard.responses, heard.outcomes) == (["port_out_code_sent"], [("port_out", "done")])
    ((msisdn, code, response, values),) = person.codes.sent
    assert (msisdn, response, values["minutes"], len(code)) == (LI, "code_port_out", 60, 8)
    assert code not in "".join(heard.texts)
    assert not any(word in heard.texts[0] for word in ("优惠", "挽留", "为什么"))


@pytest.mark.parametrize("intent", ["nlu_fallback", "inform", "several_questions", "complain"])
async def test_the_procedures_words_count_whatever_they_were_read_as(talk: Begin, intent: str) -> None:
    person = talk(LI, "sms")
    assert (await person.say(intent, leaving(person, "sqxz"))).responses == ["port_out_code_sent"]


async def test_the_words_count_in_the_middle_of_a_form_too(talk: Begin) -> None:
    person = talk(LI, "sms")
    await person.say("query_puk")
    assert "port_out_code_sent" in (await person.say("port_out", leaving(person, "SQXZ"))).responses


@pytest.mark.parametrize("channel", ["web", "wechat"])
async def test_no_code_is_given_elsewhere_than_by_sms(talk: Begin, channel: str) -> None:
    person = talk(LI, channel)
    heard = await person.say("port_out", leaving(person, "SQXZ"))
    assert (heard.responses, person.codes.sent) == (["refused_only_by_sms"], [])


async def test_another_name_or_id_number_gets_no_code(talk: Begin) -> None:
    person = talk(LI, "sms")
    heard = await person.say("port_out", leaving(person, "SQXZ", name="王芳"))
    assert heard.responses == ["refused_holder_wrong"]
    heard = await person.say("port_out", leaving(person, "SQXZ", WANG))
    assert "还可以试3次" in heard.texts[0]
    assert person.codes.sent == []


async def test_a_request_without_name_and_number_is_told_the_form(talk: Begin) -> None:
    person = talk(LI, "sms")
    assert (await person.say("port_out", "SQXZ")).responses == ["refused_holder_short"]
    heard = await person.say("port_out", typed(person, "SQXZ#{id}", id="李明"))
    assert heard.responses == ["refused_holder_short"]


@pytest.mark.parametrize("word", ["CXXZ", "SQXZ"])
async def test_what_stands_in_the_way_is_told_in_place_of_a_code(talk: Begin, word: str) -> None:
    person = talk(BOUND_BY_CONTRACT, "sms")
    heard = await person.say("port_out", leaving(person, word, BOUND_BY_CONTRACT))
    assert (heard.responses, person.codes.sent) == (["port_out_blocked"], [])


async def test_a_number_that_rests_gets_no_code_to_leave_with(talk: Begin) -> None:
    person = talk(LI, "sms")
    await person.locks.lock(LI, person.now.replace(year=2027))
    assert (await person.say("port_out", leaving(person, "SQXZ"))).responses == ["refused_protected"]


async def test_a_repeated_message_sends_one_code(talk: Begin) -> None:
    person = talk(LI, "sms")
    text = leaving(person, "SQXZ")
    for _ in range(2):
        await person.say("port_out", text, message_id="m-same")
    assert len(person.codes.sent) == 1


async def test_only_the_holder_of_a_companys_number_takes_it_along(talk: Begin) -> None:
    person = talk(USED_BY_ANOTHER, "sms")
    person.crm.subscribers[USED_BY_ANOTHER] = replace(
        person.crm.subscribers[USED_BY_ANOTHER], name="绍兴周记布业有限公司"
    )
    text = leaving(person, "SQXZ", USED_BY_ANOTHER, name="周子涵")
    assert (await person.say("port_out", text)).responses == ["refused_holder_wrong"]
