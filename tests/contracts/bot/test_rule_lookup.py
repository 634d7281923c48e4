"""Our rule policy predicts what Rasa's predicts: for every story, every rule, and random dialogs.

RULE_DIALOGS says how many random dialogs are asked about for each set of rules (40); they are the same in every run.

Allowed differences:
1. Where two rules of the same length match, Rasa takes any of them, from run to run another (it asks a set); ours is
   always the same one. Rasa's own training refuses most such rules.
2. The tracker store loads the last turns only. A rule for the start of a conversation, one that looks further back
   than three turns, or an action that takes back more than those, sees a history that begins there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from rasa.shared.importers.rasa import RasaFileImporter

from bot.importer import RenjiImporter
from switchboard import logs
from tests.contracts.bot.rule_pair import Dialog, Pair, answers, learned, prefixes, told

DIALOGS = int(os.environ.get("RULE_DIALOGS", "40"))
TURNS = 6
ROOT = Path(__file__).resolve().parents[3]
CONFIG = "{recipe: default.v1, assistant_id: rich, language: zh}"
DOMAIN = """
version: "3.1"
intents: [greet, order, ask, stop, thanks, restart, {narrow: {use_entities: [size]}}]
entities: [size, {colour: {roles: [from, to]}}]
slots:
  member: {type: bool, mappings: [{type: custom}]}
  level: {type: categorical, values: [low, high], mappings: [{type: custom}]}
  note: {type: text, influence_conversation: false, mappings: [{type: custom}]}
forms: {order_form: {required_slots: [note]}, ask_form: {required_slots: [note]}}
actions:
  [utter_hi, utter_member, utter_low, utter_faq, utter_sure, utter_done, utter_big, utter_red, action_x, utter_bye]
"""
PLAIN = """
version: "3.1"
rules:
- {rule: hi, steps: [{intent: greet}, {action: utter_hi}]}
- {rule: first hi, conversation_start: true, steps: [{intent: greet}, {action: utter_hi}, {action: utter_faq}]}
- {rule: big, steps: [{intent: narrow, entities: [{size: 3}]}, {action: utter_big}]}
- {rule: red, steps: [{intent: thanks, entities: [{colour: red, role: from}]}, {action: utter_red}]}
- {rule: thanks, steps: [{intent: thanks}, {action: utter_sure}, {action: utter_bye}]}
- {rule: order, steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]}
- rule: ordered
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_done}]
- rule: asked inside
  condition: [{active_loop: order_form}]
  steps: [{intent: ask}, {action: utter_faq}, {action: order_form}, {active_loop: order_form}]
- rule: sure inside
  condition: [{active_loop: order_form}]
  steps: [{intent: stop}, {action: utter_sure}, {action: action_deactivate_loop}, {active_loop: null}]
- rule: on its own
  steps: [{action: action_x}, {action: utter_low}]
  wait_for_user_input: false
stories:
- story: unhappy
  steps:
  - {intent: order}
  - {action: order_form}
  - {active_loop: order_form}
  - {intent: greet}
  - {action: utter_hi}
  - {action: utter_faq}
  - {action: order_form}
  - {active_loop: order_form}
- story: a long way
  steps: [{intent: ask}, {action: utter_sure}, {intent: thanks}, {action: utter_sure}, {action: utter_bye}]
"""
SLOTS = """
- rule: member
  condition: [{slot_was_set: [{member: true}]}]
  steps: [{intent: ask}, {action: utter_member}]
- rule: nobody
  condition: [{slot_was_set: [{member: null}]}, {slot_was_set: [{level: low}]}]
  steps: [{intent: stop}, {action: utter_low}]
"""


def ours(folder: Path) -> Pair:
    return learned(RenjiImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), _rules()), folder)


def _rules() -> list[str]:
    return [str(ROOT / "data" / "rules"), str(ROOT / "data" / "stories")]


def rich(folder: Path, slots: bool) -> Pair:
    """What Rasa's rules can say beyond ours; `slots`: with slots that are part of the states."""
    (folder / "config.yml").write_text(CONFIG, encoding="utf-8")
    domain = (
        DOMAIN
        if slots
        else DOMAIN.replace("values: [low, high], ", "").replace("bool", "any").replace("categorical", "any")
    )
    (folder / "domain.yml").write_text(domain, encoding="utf-8")
    data = PLAIN.replace("stories:", SLOTS.strip() + "\nstories:") if slots else PLAIN
    (folder / "data.yml").write_text(data, encoding="utf-8")
    names = [str(folder / name) for name in ("config.yml", "domain.yml", "data.yml")]
    (folder / "kept").mkdir()
    return learned(RasaFileImporter(names[0], names[1], names[2:]), folder / "kept")


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Rasa formats and prints its debug lines where nobody said that it shall not."""
    logs.configure("test", "warning")
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module", params=["ours", "rich", "rich with slots"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("rules")
    return ours(folder) if request.param == "ours" else rich(folder, "slots" in request.param)


def test_every_story_and_rule_is_predicted_alike(pair: Pair) -> None:
    for tracker in prefixes(pair):
        rasas, ours = answers(pair, tracker)
        assert ours == rasas, [str(event) for event in tracker.events]


def test_random_dialogs_are_predicted_alike(pair: Pair) -> None:
    asked = set()
    for seed in range(DIALOGS):
        for tracker in Dialog(pair, str(seed), TURNS).stops():
            rasas, ours = answers(pair, tracker)
            assert ours == rasas, (seed, [str(event) for event in tracker.events])
            asked.update(rasas[0])
    # They come past much of what the rules say, not only past the fallback.
    assert len(asked) > min(20, len(pair.domain.action_names_or_texts) // 3)


def test_the_last_turns_are_enough_for_our_rules(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ours on what the tracker store loads, Rasa's on everything."""
    pair = ours(tmp_path_factory.mktemp("cut"))
    cut, dialogs = 0, max(DIALOGS // 8, 4)
    for seed in range(dialogs):
        dialog = Dialog(pair, f"cut {seed}", 3 * TURNS, takes_back=False)
        for tracker in dialog.stops():
            short = dialog.as_loaded()
            cut += len(short.events) < len(tracker.events) / 2
            assert told(pair, pair.ours, short) == told(pair, pair.rasas, tracker), (
                seed,
                list(map(str, tracker.events)),
            )
    assert cut > dialogs
