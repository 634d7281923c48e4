"""Runs a loaded model's components one after the other.

Rasa plans the same graph anew with dask for each message and each prediction; which components run in which order is
known once the model is loaded.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.exceptions import RasaException

Step = tuple[str, GraphNode, tuple[str, ...], tuple[str, ...]]
"""A component's name, itself, whose outputs it takes, and under which names."""


class StraightRunner(DaskGraphRunner):  # type: ignore[misc]
    """Gives what Rasa's runner gives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[tuple[str, ...], list[Step]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Outputs by target. Raises GraphRunError where Rasa's runner does."""
        wanted = tuple(targets or self._graph_schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(self._graph_schema.minimal_graph_schema(list(wanted)))
        # What nobody provides is handed on as its name: then the component says what it misses.
        known: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name, node, needs, given in self._plans[wanted]:
                if given and known.keys() >= set(needs):
                    known[name] = _run(node, {way: known[need][1] for way, need in zip(given, needs, strict=True)})
                else:
                    known[name] = node(*[known.get(need, need) for need in needs])
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(known[name] for name in wanted)

    def _plan(self, schema: GraphSchema) -> list[Step]:
        steps: dict[str, Step] = {}

        def add(name: str) -> None:
            if name in schema.nodes and name not in steps:
                needs = tuple(schema.nodes[name].needs.values())
                for need in needs:
                    add(need)
                node = self._instantiated_nodes[name]
                plain = node._eager and not node._hooks
                steps[name] = (name, node, needs, tuple(schema.nodes[name].needs) if plain else ())

        for name in schema.nodes:
            add(name)
        return list(steps.values())


def _run(node: GraphNode, given: dict[str, Any]) -> tuple[str, Any]:
    """GraphNode.__call__ of a component that is loaded and that nobody watches, without its lines for debugging."""
    try:
        return node._node_name, node._fn(node._component, **given)
    except RasaException:
        raise
    except Exception as error:
        raise GraphComponentException(f"Error running graph component for node {node._node_name}.") from error
