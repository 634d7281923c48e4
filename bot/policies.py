"""Rasa's rules, looked up instead of searched.

`RuleLookup` is trained as Rasa's RulePolicy, keeps what that keeps (JSON) and answers as that answers. Rasa replays the
whole tracker into states and holds each of them against each rule, at each prediction; here a rule is found by the last
action and the intent it asks for, and a state is made only when a rule looks at it.

Where several rules of the same length match, Rasa takes any of them, from run to run another; here it is always the
same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, TrackerActiveLoop
from rasa.shared.nlu.constants import ACTION_NAME, ACTION_TEXT, INTENT, TEXT

from bot.history import applied


class Rule(NamedTuple):
    """`states` are newest first; `key` is Rasa's name of the rule: the states as JSON."""

    key: str
    states: Sequence[State]


class RuleIndex:
    """Rules by what their newest state asks for: (last action, intent), None where it does not ask."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._rules: dict[tuple[str | None, str | None], list[Rule]] = {}
        self.end_to_end = False
        """A rule asks for the text of a person or of the bot."""
        for key in sorted(keys):
            rule = Rule(key, tuple(reversed(RulePolicy._rule_key_to_state(key))))
            action, intent = _asked(rule.states[0])
            # A rule for the very beginning matches there, whatever else it says.
            self._rules.setdefault((action, intent if action else None), []).append(rule)
            self.end_to_end |= any(_has_text(state) for state in rule.states)
        listening = (ACTION_LISTEN_NAME, None)
        self.needs_intent = not any(intent is None and action in listening for action, intent in self._rules)
        """No rule answers a message without asking for its intent."""

    def matching(self, states: Sequence[State]) -> list[str]:
        """The keys of all rules that match, in a fixed order."""
        action, intent = _asked(states[-1])
        rules = self._rules
        near = [rule for a in {action, None} for i in {intent, None} for rule in rules.get((a, i), ())]
        return sorted(
            rule.key for rule in near if all(_fits(*pair) for pair in zip(rule.states, reversed(states), strict=False))
        )


class Past(Sequence[State]):
    """The states of a tracker, oldest first, each made when it is asked for."""

    def __init__(self, tracker: DialogueStateTracker, domain: Domain, featurizer: Any, use_text: bool) -> None:
        self._domain, self._featurizer, self._use_text = domain, featurizer, use_text
        self._moments = _moments(applied(tracker))
        self._made: dict[int, State] = {}

    def __len__(self) -> int:
        return len(self._moments)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if at not in self._made:
            self._made[at] = self._state(at)
        return self._made[at]

    def _state(self, at: int) -> State:
        state: State = self._domain.get_active_state(Moment(*self._moments[at]))
        if at == len(self) - 1:
            self._featurizer._choose_last_user_input([[state]], self._use_text)
        else:
            self._featurizer._remove_user_text_if_intent([[state]])
        return state


class Moment:
    """What a tracker's state is made of when no slot is part of it."""

    __slots__ = ("active_loop", "latest_action", "latest_message")
    slots: Mapping[str, Any] = {}

    def __init__(self, message: UserUttered | None, action: ActionExecuted | None, loop: str | None) -> None:
        self.latest_message = message
        self.latest_action = action.as_sub_state() if action else None
        self.active_loop = TrackerActiveLoop(loop, False, False, None) if loop else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class RuleLookup(RulePolicy):  # type: ignore[misc]
    """Rasa's RulePolicy with an index. What the index does not know, Rasa's own code answers."""

    _indexes: Mapping[int, RuleIndex] = {}
    """By the identity of the lookup: Rasa hands that, not its name. Empty while training."""

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> RuleLookup:
        policy: RuleLookup = super().load(*args, **kwargs)
        lookups = [policy.lookup.get(name) for name in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH)]
        indexes = {id(lookup): RuleIndex(lookup) for lookup in lookups if lookup is not None}
        if not any(index.end_to_end for index in indexes.values()):
            policy._indexes = indexes
        return policy

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        indexes = self._indexes.values()
        if use_text_for_last_user_input and indexes and all(index.needs_intent for index in indexes):
            # Rasa leaves the intent out here.
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> Sequence[State]:
        if not self._indexes or _influenced(domain):
            states: list[State] = super()._prediction_states(
                tracker, domain, use_text_for_last_user_input, rule_only_data
            )
            return states
        return Past(tracker, domain, self.featurizer, use_text_for_last_user_input)

    def format_tracker_states(self, states: Sequence[State]) -> Any:  # type: ignore[override]
        """Rasa would format all states for its debug log, whether that is written or not."""
        return f"{len(states)} states"

    def _get_possible_keys(self, lookup: dict[str, str], states: Sequence[State]) -> Any:
        index = self._indexes.get(id(lookup))
        return super()._get_possible_keys(lookup, list(states)) if index is None else index.matching(states)


def _influenced(domain: Domain) -> bool:
    """Whether any slot is part of a state; a domain's slots stay what they are."""
    if not hasattr(domain, "_renji_influenced"):
        domain._renji_influenced = any(slot.influence_conversation for slot in domain.slots)
    return bool(domain._renji_influenced)


def _asked(state: State) -> tuple[str | None, str | None]:
    action = (state.get(PREVIOUS_ACTION) or {}).get(ACTION_NAME)
    intent = (state.get(USER) or {}).get(INTENT)
    return action or None, intent if intent and intent != SHOULD_NOT_BE_SET else None


def _has_text(state: State) -> bool:
    return bool((state.get(USER) or {}).get(TEXT) or (state.get(PREVIOUS_ACTION) or {}).get(ACTION_TEXT))


def _fits(rule_state: State, state: State) -> bool:
    """RulePolicy._is_rule_applicable for one pair of states: a state without a last action begins a conversation."""
    asked, given = rule_state.get(PREVIOUS_ACTION), state.get(PREVIOUS_ACTION)
    if not asked or not given:
        return not asked and not given
    return bool(RulePolicy._does_rule_match_state(rule_state, state))


def _moments(events: Sequence[Event]) -> list[tuple[UserUttered | None, ActionExecuted | None, str | None]]:
    """(message, action, form): where the conversation stood before each action, and where it stands now."""
    moments = []
    message, action, loop = None, None, None
    for event in events:
        kind = _kind(type(event))  # type: ignore[arg-type]
        if kind is ActionExecuted:
            moments.append((message, action, loop))
            action = event
        elif kind is UserUttered:
            message = event
        elif kind is ActiveLoop:
            loop = event.name
    return [*moments, (message, action, loop)]


@cache
def _kind(event: Any) -> Any:
    """Rasa's events are abstract classes: to ask each time which one it is costs more than all the rest."""
    return next((kind for kind in (ActionExecuted, UserUttered, ActiveLoop) if issubclass(event, kind)), None)
