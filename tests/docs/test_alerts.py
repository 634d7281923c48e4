"""The alert rules use metrics that exist, and each has its line in the runbook."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import connectors.serving
from switchboard.metrics import ExchangeMetrics, Metrics

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (Renji\w+) \| (.+) \|$", re.MULTILINE)
USED = re.compile(r"\b(renji_\w+)(?:\{([^}]*)\})?")
GROUPS = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]


def known() -> Iterator[tuple[str, set[str]]]:
    """Names as they are scraped, with the names of their labels."""
    assert connectors.serving  # the gateway's own are in the default registry
    for registry in (REGISTRY, Metrics().registry, ExchangeMetrics().registry):
        for collector in registry._collector_to_names:
            labels = set(getattr(collector, "_labelnames", ()))
            for name in registry._collector_to_names[collector]:
                yield name, labels | {"le"}


def used(rule: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    for name, labels in USED.findall(rule["expr"]):
        yield name, set(re.findall(r"(\w+)\s*[=!]", labels))


def name_of(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_a_rule_uses_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    there = dict(known())
    missing = {name: labels for name, labels in used(rule) if name not in there or not labels <= there[name]}
    assert missing == {}


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_a_rule_says_how_urgent_it_is_and_in_one_sentence_what_it_means(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert 10 < len(rule["annotations"]["summary"]) < 120
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_rule_has_its_line_in_the_runbook_and_no_line_is_left_over() -> None:
    lines = [alert for alert, _ in ROW.findall((ROOT / "docs" / "operations.md").read_text())]
    assert sorted(lines) == sorted(name_of(rule) for rule in RULES)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is missing: make test-setup, or Debian's prometheus")
def test_prometheus_itself_can_read_every_rule() -> None:
    done = subprocess.run(["promtool", "check", "rules", ROOT / "deploy/alerts.yml"], capture_output=True, text=True)
    assert f"{len(RULES)} rules found" in done.stdout, done.stdout + done.stderr
