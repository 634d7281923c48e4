"""The table of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.measure.figures import SESSION_TURNS, Figures, Phase, total

Row = tuple[str, float, float, str]
"""What, stock, ours, and the ratio that is asked for."""
_KINDS = {"rule": "an answer from a rule", "crm": "with a CRM call", "form": "a form step"}


def compared(stock: Figures, ours: Figures, training: Mapping[str, Any]) -> str:
    """One line a measure. The ratio is ours to stock's: below 1 is less, above 1 more."""
    lines = [f"{'':44}{'stock':>10}{'Renji':>10}{'ratio':>9}  asked"]
    for what, theirs, own, asked in (*_crowds(stock, ours), *_kinds(stock, ours), *_rest(stock, ours, training)):
        ratio = f"{own / theirs:9.3f}" if theirs else f"{'–':>9}"
        lines.append(f"{what:44}{_number(theirs):>10}{_number(own):>10}{ratio}  {asked}")
    return "\n".join(lines)


def told(figures: Figures) -> str:
    """What one side's processes cost."""
    names = list(figures.memory)
    lines = ["", f"{figures.name:32}" + "".join(f"{name:>10}" for name in (*names, "all", "generator"))]
    lines.append(_cells("memory, MB (PSS)", [*figures.memory.values(), total(figures.memory)]))
    lines.append(_cells("CPU ms a second at rest", [*figures.at_rest.values(), total(figures.at_rest)]))
    for label, phase in _phases(figures):
        lines.append(_cells(f"CPU ms a message, {label}", [*phase.cpu.values(), phase.cpu_ms, phase.generator]))
    for label, points in (("one session", figures.long), (f"sessions of {SESSION_TURNS}", figures.across)):
        lines += [
            f"turn {point}, {label}: {cpu_ms:.1f} ms of CPU, p50 {ms:.1f} ms" for point, (cpu_ms, ms) in points.items()
        ]
    unanswered = {label: phase.unanswered for label, phase in _phases(figures) if phase.unanswered}
    lines.append(f"messages without an answer: {unanswered or 0}")
    return "\n".join(lines)


def _phases(figures: Figures) -> list[tuple[str, Phase]]:
    crowds = [(f"{people} people", phase) for people, phase in figures.crowds.items()]
    return [*figures.kinds.items(), *crowds]


def _crowds(stock: Figures, ours: Figures) -> Iterator[Row]:
    for people, theirs in stock.crowds.items():
        own = ours.crowds[people]
        at = f"{people} people" if people != "1" else "1 person"
        yield f"messages a second, {at}", theirs.per_s, own.per_s, "≥6"
        yield f"CPU ms a message, {at}", theirs.cpu_ms, own.cpu_ms, "≤0.167"
        yield f"p50 ms, {at}", theirs.p50, own.p50, ""
        yield f"p95 ms, {at}", theirs.p95, own.p95, "≤0.167" if people == "32" else ""
        yield f"p99 ms, {at}", theirs.p99, own.p99, ""


def _kinds(stock: Figures, ours: Figures) -> Iterator[Row]:
    for kind, theirs in stock.kinds.items():
        own, said = ours.kinds[kind], _KINDS[kind]
        asked = "≤0.2" if kind == "crm" else ""
        yield f"{said}: CPU ms", theirs.cpu_ms, own.cpu_ms, asked
        yield f"{said}: p50 ms", theirs.p50, own.p50, asked
        yield f"{said}: p95 ms", theirs.p95, own.p95, ""
        yield f"{said}: p99 ms", theirs.p99, own.p99, ""


def _rest(stock: Figures, ours: Figures, training: Mapping[str, Any]) -> Iterator[Row]:
    for label, told, said in (
        ("one session", stock.long, ours.long),
        (f"sessions of {SESSION_TURNS}", stock.across, ours.across),
    ):
        for point, (cpu_ms, half_ms) in told.items():
            if point not in said:
                continue
            yield f"turn {point}, {label}: CPU ms", cpu_ms, said[point][0], ""
            yield f"turn {point}, {label}: p50 ms", half_ms, said[point][1], ""
    yield "start to first answer, s", stock.ready_s, ours.ready_s, "≤0.2"
    heads = [sum(side.memory[name] for name in side.heads) for side in (stock, ours)]
    yield "Rasa, with worker, MB (PSS)", heads[0], heads[1], "≤0.5"
    yield "all processes, MB (PSS)", total(stock.memory), total(ours.memory), ""
    if stock.idle[0]:
        for when, theirs, own in (("just then", stock.idle[0], ours.idle[0]), ("later", stock.idle[1], ours.idle[1])):
            yield f"Redis, GB for 1,000,000 conversations, {when}", theirs / 1e3, own / 1e3, ""
    if training:
        what = f"training, CPU s on {training['examples']} examples"
        yield what, training["stock"]["cpu_s"], training["ours"]["cpu_s"], "≤0.2"


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def _cells(label: str, values: list[float]) -> str:
    return f"{label:32}" + "".join(f"{value:>10.2f}" for value in values)
