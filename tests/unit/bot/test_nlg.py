from __future__ import annotations

import pytest
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlg import WordingNlg
from bot.wordings import Wordings
from switchboard.errors import BadWording


@pytest.fixture
def nlg(tiny_project):
    return WordingNlg(wordings=Wordings(tiny_project / "releases", tiny_project / "content"))


def tracker(amount: object = None, **metadata: str) -> DialogueStateTracker:
    made = DialogueStateTracker.from_events("web:1", [], slots=[AnySlot("amount", mappings=[])])
    made.update(UserUttered("x", metadata=metadata))
    made.update(SlotSet("amount", amount))
    return made


async def test_slots_are_values_of_a_response_that_rules_say(nlg):
    draft = await nlg.generate("utter_done", tracker(30), "web")
    assert draft["text"] == "好的，30元。"


async def test_a_missing_value_is_an_error_and_no_empty_place(nlg):
    with pytest.raises(BadWording):
        await nlg.generate("utter_done", tracker(None), "web")


async def test_an_action_that_switched_the_language_is_heard_at_once(nlg):
    draft = await nlg.generate("utter_greet", tracker(language="zh"), "web", language="en")
    assert draft["text"] == "Hello, I am a machine."


async def test_a_language_nobody_wrote_is_an_error(nlg):
    with pytest.raises(BadWording):
        await nlg.generate("utter_greet", tracker(language="fr"), "web")


async def test_what_rasa_passes_beside_the_values_is_no_value(nlg):
    draft = await nlg.generate("utter_greet", tracker(), "web", text=None, buttons=[], custom={}, domain_responses={})
    assert draft["reply"] == {"text": "您好，我是机器人。", "response": "greet"}


@pytest.fixture
def upgraded(tmp_path) -> WordingNlg:
    """Serves r2; r1 is of before and knows fewer responses."""
    old, new = "greet: {zh: 您好, en: Hello}\n", "greet: {zh: 早上好, en: Good morning}\ndone: {zh: 好了, en: Done}\n"
    for folder, text in (("content", new), ("releases/r1/content", old), ("releases/r2/content", new)):
        (tmp_path / folder / "responses").mkdir(parents=True)
        (tmp_path / folder / "responses" / "all.yml").write_text(text, encoding="utf-8")
    return WordingNlg(wordings=Wordings(tmp_path / "releases", tmp_path / "content"), own="r2")


@pytest.mark.parametrize(
    ("asked", "response", "said"),
    [("r1", "utter_greet", "您好"), ("r1", "utter_done", "好了"), ("r0", "utter_greet", "早上好")],
    ids=["its own Release", "a Release older than the response", "a Release that is not here"],
)
async def test_a_session_that_began_before_an_upgrade_goes_on(upgraded, asked, response, said):
    assert (await upgraded.generate(response, tracker(release_id=asked), "web"))["text"] == said


async def test_a_replaced_release_is_logged_once(upgraded, logged):
    for _ in range(2):
        await upgraded.generate("utter_greet", tracker(release_id="r0"), "web")
    assert [(line["event"], line["asked"]) for line in logged] == [("own_release_speaks", "r0")]


async def test_what_no_release_can_say_is_an_error(upgraded):
    with pytest.raises(BadWording):
        await upgraded.generate("utter_nothing", tracker(release_id="r0"), "web")
