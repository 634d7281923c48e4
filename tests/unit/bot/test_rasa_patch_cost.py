"""What is done once, or not at all, gives what Rasa gives."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.actions.action import ActionExtractSlots
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, FollowupAction, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import history, rasa_patch
from bot.rasa_patch_cost import _extracts, _unpacked, usual
from tests.unit.bot.tiny import DOMAIN

ROOT = Path(__file__).resolve().parents[3]
TINY = Domain.from_yaml(DOMAIN)
EVENTS: list[list[Event]] = [
    [UserUttered("你好", {"name": "greet"}), ActionExecuted("utter_greet"), ActionExecuted("action_listen")],
    [ActionExecuted("order_form"), ActiveLoop("order_form"), SlotSet("requested_slot", "amount")],
    [UserUttered("30", {"name": "inform"}), ActionExecuted("order_form"), SlotSet("amount", 30)],
    [ActionExecuted("order_form"), ActiveLoop(None), SlotSet("requested_slot", None)],
    [SlotSet("customer", {"tier": "gold"})],
    [FollowupAction("order_form")],
]


FEW = settings(deadline=None, max_examples=40)


@pytest.fixture(autouse=True, scope="module")
def patched() -> None:
    rasa_patch.install()


def trackers() -> st.SearchStrategy[DialogueStateTracker]:
    from tests.contracts.bot.rule_pair import rare

    pieces = st.lists(st.sampled_from([*EVENTS, *rare(SlotSet("code", "r"))]), max_size=9)
    return pieces.map(lambda all_: DialogueStateTracker.from_events("a", [e for p in all_ for e in p], TINY.slots))


def replayed(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """What Rasa's `copy` does."""
    return tracker.travel_back_in_time(float("inf"))


def seen(tracker: DialogueStateTracker) -> Any:
    slots = {name: (slot.value, slot.has_been_set) for name, slot in tracker.slots.items()}
    loop = vars(tracker.active_loop) if tracker.active_loop else None
    rest = (tracker.followup_action, tracker.model_id, tracker.latest_message, tracker.latest_bot_utterance)
    return list(tracker.events), slots, loop, rest, tracker.latest_action, tracker.is_paused(), tracker.sender_id


@given(trackers())
@FEW
def test_a_copied_tracker_is_the_replayed_one(tracker: DialogueStateTracker) -> None:
    assert seen(tracker.copy()) == seen(replayed(tracker))


@given(trackers())
@FEW
def test_a_copy_changes_without_its_original(tracker: DialogueStateTracker) -> None:
    before = seen(replayed(tracker))
    copied = tracker.copy()
    copied.update(ActiveLoop("order_form"))
    copied.update(SlotSet("amount", 9))
    copied.interrupt_loop(True)
    assert seen(replayed(tracker)) == before
    assert tracker.get_slot("amount") == before[1]["amount"][0]


@given(trackers())
@FEW
def test_the_events_that_count_are_rasas(tracker: DialogueStateTracker) -> None:
    assert history.applied(tracker) == history._rasas(tracker)


@given(trackers())
@FEW
def test_the_tracker_that_a_form_asks_with_is_the_replayed_one(tracker: DialogueStateTracker) -> None:
    form = FormAction("order_form", None)
    more: list[Event] = [SlotSet("amount", 5)]
    asked = [SlotSet("requested_slot", form.get_slot_to_fill(tracker)), ActionExecuted("order_form"), *more]
    whole = DialogueStateTracker.from_events("a", [*tracker.events_after_latest_restart(), *asked], TINY.slots)
    assert seen(form._temporary_tracker(tracker, more, TINY))[:3] == seen(whole)[:3]


_json = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda x: st.lists(x, max_size=2))
_event = st.dictionaries(
    st.sampled_from(["event", "name", "value", "timestamp", "metadata", "text", "policy", "confidence"]),
    _json | st.sampled_from(["slot", "action", "active_loop", "followup", "bot", "user", "session_started", "nothing"]),
)
_answer = st.fixed_dictionaries({}, optional={"events": st.lists(_event, max_size=3) | _json, "responses": _json})


@given(_answer)
@settings(deadline=None, max_examples=50)
def test_what_is_seen_to_be_right_is_right_by_rasas_schema(answer: dict[str, Any]) -> None:
    assert rasa_patch._action_answer_validator().is_valid(answer) or not usual(answer)


def test_the_usual_answer_needs_no_schema() -> None:
    events = [{"event": "slot", "timestamp": None, "name": "a", "value": 1}, {"event": "followup", "name": "b"}]
    events += [{"event": "action", "name": "action_listen", "policy": None, "confidence": None, "timestamp": None}]
    assert usual({"events": events, "responses": [{"text": "x"}]})


def test_the_components_run_as_dask_runs_them(agent: Any) -> None:
    runner, metadata = agent.processor.graph_runner, agent.processor.model_metadata
    tracker = DialogueStateTracker.from_events("a", EVENTS[0][:1], agent.domain.slots)
    inputs = {PLACEHOLDER_MESSAGE: [UserMessage("查余额")], PLACEHOLDER_TRACKER: tracker}
    for target in (metadata.nlu_target, metadata.core_target):
        ours, rasas = (run(runner, inputs, [target])[target] for run in (type(runner).run, DaskGraphRunner.run))
        assert _plain(ours) == _plain(rasas)


def _plain(output: Any) -> Any:
    return [m.as_dict(True) for m in output] if isinstance(output, list) else (output.probabilities, output.events)


def test_only_a_domain_whose_slots_the_actions_fill_skips_the_extraction() -> None:
    by_actions = "{type: any, mappings: [{type: custom}]}"
    assert not _extracts(Domain.from_yaml(f'{{version: "3.1", slots: {{a: {by_actions}}}}}'))
    assert _extracts(TINY)
    assert _extracts(
        Domain.from_yaml('{version: "3.1", slots: {a: {type: any, mappings: [{type: custom, action: b}]}}}')
    )
    asked = f'{{version: "3.1", slots: {{a: {by_actions}}}, actions: [action_validate_slot_mappings]}}'
    assert _extracts(Domain.from_yaml(asked))


async def test_slots_are_filled_from_what_a_person_says(agent: Any) -> None:
    said = UserUttered("30", {"name": "inform"}, [{"entity": "number", "value": 30}])
    tracker = DialogueStateTracker.from_events("a", [said], agent.domain.slots)
    events = await ActionExtractSlots(None).run(None, None, tracker, agent.domain)
    assert events == [SlotSet("amount", 30)]


def test_a_models_domain_is_the_one_that_rasa_would_read(tmp_path: Path) -> None:
    from rasa.shared.utils.io import read_yaml_file

    (tmp_path / "domain.yml").write_text((ROOT / "domain.yml").read_text(encoding="utf-8"), encoding="utf-8")
    once = Domain.from_dict(Domain.merge_domain_dicts(read_yaml_file(tmp_path / "domain.yml"), {}))
    assert Domain.from_path(str(tmp_path)).as_dict() == once.as_dict()


def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "told.txt").write_text("x")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "told.txt", "../outside.txt")
    with pytest.raises(tarfile.TarError):
        _unpacked(tmp_path / "model.tar.gz", tmp_path / "to")
    assert not (tmp_path / "outside.txt").exists()


LIGHT = """
from bot import light
light.install()
import sys
import tarfile
from rasa.core.agent import Agent
from bot import rasa_patch
rasa_patch.install()
agent = Agent.load(sys.argv[1])
print(sorted(name for name in ("tensorflow", "matplotlib", "aiogram") if name in sys.modules))
print(sorted(name for name in light.NAMES_ONLY if type(sys.modules.get(name)).__name__ != "Names"))
import rasa.core.channels
print(rasa.core.channels.BUILTIN_CHANNELS["rest"].__name__, hasattr(rasa.core.channels, "nothing"))
"""


@pytest.mark.filterwarnings("ignore")
def test_a_served_model_imports_no_tensorflow_and_misses_nothing(tiny_model: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIGHT, tiny_model], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.stdout.splitlines()[-3:] == ["[]", "[]", "RestInput False"], done.stderr[-2000:]
