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
