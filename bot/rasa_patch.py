"""What touches Rasa's internals, pinned to the version it was written for; bot/rasa_patch_cost.py is its other half.

1. The tracker store is used as it is: Rasa wraps every store so that a failing one gives way to an empty memory.
2. A failing action ends the channel's turn before it is saved: Rasa logs the failure and goes on without its events.
3. The schema of action answers is compiled once: Rasa checks and compiles it at each call.
4. The class of an event is looked up once: Rasa walks the tree of all event classes for each event that it reads.

Actions run where the settings say: in this process, or at an address, with a token that endpoints.yml cannot hold.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from functools import cache, wraps
from types import SimpleNamespace
from typing import Any

import aiohttp
import async_timeout
import jsonschema
import rasa
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.utils.endpoints import ClientResponseError

from bot import rasa_patch_cost
from bot.action_calls import ActionServer, ActionsHere, Retold
from bot.turn import RunningTurn, TurnAborted, current_turn
from switchboard.errors import AcceptError, BadWording, NotReachable, RenjiError, TurnFailed

WRITTEN_FOR = "3.6.21"
_UNREACHABLE = 503
_NO_SUCH_ACTION = 404
Actions = ActionServer | ActionsHere
_actions: list[Actions] = []
"""Where actions run; nothing leaves what endpoints.yml says."""


def install(actions: Actions | None = None, version: str = rasa.__version__) -> None:
    """Patch Rasa's classes, once; before the first Agent is made. Raises RuntimeError for another version of Rasa.

    `actions` is where actions run; None leaves what endpoints.yml says.
    """
    if version != WRITTEN_FOR:
        raise RuntimeError(f"bot/rasa_patch.py was written for Rasa {WRITTEN_FOR}; this is {version}")
    _actions[:] = [actions] if actions else []
    if getattr(Agent, "_renji", False):
        return
    Agent._renji = True
    rasa_patch_cost.install()
    Agent._create_tracker_store = staticmethod(_inner_tracker_store)
    MessageProcessor._run_action = _aborting(MessageProcessor._run_action)
    RemoteAction.run = _strict(_addressed(RemoteAction.run))
    RemoteAction._validate_action_result = _validate_action_result
    RemoteAction._action_call_format = _retelling(RemoteAction._action_call_format)
    Event.resolve_by_type = staticmethod(cache(Event.resolve_by_type))


async def open() -> None:
    """Once the loop runs."""
    for actions in _actions:
        await actions.open()


async def close() -> None:
    """Close what the calls of actions keep open."""
    for actions in _actions:
        await actions.close()


def _inner_tracker_store(store: TrackerStore | None, domain: Domain) -> TrackerStore:
    # The processor takes its store from the agent, so both references are the inner one.
    if store is None:
        return InMemoryTrackerStore(domain)
    store.domain = domain
    return store


def _aborting(original: Any) -> Any:
    @wraps(original)
    async def _run_action(
        self: MessageProcessor, action: Any, tracker: Any, output_channel: Any, nlg: Any, prediction: Any
    ) -> bool:
        if not hasattr(action.run, "__wrapped__"):
            action.run = _strict(action.run)
        return bool(await original(self, action, tracker, output_channel, nlg, prediction))

    return _run_action


def _strict(run: Any) -> Any:
    """Also for calls that Rasa makes beside `_run_action`: a failed slot validation is swallowed as well."""

    @wraps(run)
    async def strict(*args: Any, **kwargs: Any) -> Any:
        try:
            return await run(*args, **kwargs)
        except (ActionExecutionRejection, asyncio.CancelledError):
            raise
        except Exception as error:
            if current_turn.get() is None:
                # In `rasa shell` there is nobody to run the turn again: Rasa logs the failure and goes on.
                raise
            raise TurnAborted(reason(error)) from error

    return strict


def _addressed(run: Any) -> Any:
    @wraps(run)
    async def addressed(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        if self.action_endpoint is not None and _actions:
            self.action_endpoint = _actions[0]
        turn = current_turn.get()
        return await (run(self, *args, **kwargs) if turn is None else _bounded(turn, run(self, *args, **kwargs)))

    return addressed


def _retelling(original: Any) -> Any:
    def action_call_format(self: RemoteAction, tracker: Any, domain: Domain) -> dict[str, Any]:
        if not isinstance(self.action_endpoint, ActionsHere):
            asked: dict[str, Any] = original(self, tracker, domain)
            return asked
        told = SimpleNamespace(sender_id=tracker.sender_id, current_state=lambda _: tracker.current_state())
        asked = original(self, told, domain)
        asked["tracker"]["events"] = Retold(tracker.events)
        return asked

    return action_call_format


async def _bounded(turn: RunningTurn, action: Awaitable[Any]) -> Any:
    """Within what the turn's actions have left. Raises TurnFailed."""
    began = time.monotonic()
    try:
        async with async_timeout.timeout(turn.actions_left_s) as limit:
            return await action
    except asyncio.TimeoutError:
        if not limit.expired:
            raise
        raise TurnFailed("the actions of the turn took too long") from None
    finally:
        turn.actions_left_s -= time.monotonic() - began


def reason(error: BaseException) -> Exception:
    """NotReachable when what the turn needs was not there; TurnFailed when it began and failed."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, (NotReachable, AcceptError)):
            return NotReachable(str(one))
        if isinstance(one, ClientResponseError):
            return _answered(one)
        # The action server took the call and died of it, or was killed: that counts as an attempt.
        if isinstance(one, aiohttp.ServerDisconnectedError):
            return TurnFailed("the action server went away during the call")
        if isinstance(one, (aiohttp.ClientConnectionError, asyncio.TimeoutError)):
            return NotReachable("the action server cannot be reached")
        if isinstance(one, RenjiError):
            return one if isinstance(one, TurnFailed) else TurnFailed(str(one), permanent=isinstance(one, BadWording))
    return TurnFailed(f"{type(error).__name__} in an action")


def _answered(error: ClientResponseError) -> Exception:
    if error.status == _UNREACHABLE:
        return NotReachable("the action server cannot reach what it needs")
    return TurnFailed(f"the action server answered {error.status}", permanent=error.status == _NO_SUCH_ACTION)


def _chain(error: BaseException | None) -> Any:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@cache
def _action_answer_validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _validate_action_result(self: RemoteAction, result: Any) -> bool:
    if rasa_patch_cost.usual(result):
        return True
    error = best_match(_action_answer_validator().iter_errors(result))
    if error is not None:
        raise jsonschema.ValidationError(f"{self.name()}: the answer of the action server has not the right form")
    return True
