"""compose.yaml and the chart name settings that exist, run every process, and hold no secret."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
CHART = ROOT / "deploy" / "helm" / "renji"
TEMPLATES = {path.stem: path.read_text() for path in (CHART / "templates").glob("*.yaml")}
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", CHART / "values.yaml", *(CHART / "templates").iterdir()]
SETTINGS = set(re.findall(r"^\| `(RENJI_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
SPARE = "gateway-spare"
"""A container platform starts the new one itself."""


def programs() -> dict[str, str]:
    """Processes of one installation, as the supervisor knows them, and their commands."""
    conf = RawConfigParser()
    conf.read(ROOT / "deploy" / "supervisord.conf")
    named = {name.partition(":")[2]: conf[name]["command"] for name in conf.sections() if name.startswith("program:")}
    return {name: command for name, command in named.items() if name != SPARE}


def entry(command: str) -> str:
    """What is run of a command, without where it listens; of several the last."""
    found = re.findall(r"\bpython (\w+\.py|-m [\w.]+(?: --slot \w)?)", command)
    assert found, command
    return str(found[-1])


def started(service: dict[str, Any]) -> str:
    command = service["command"]
    return command if isinstance(command, str) else " ".join(command)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_settings_that_are_named_exist(file: Path) -> None:
    assert set() == set(re.findall(r"RENJI_[A-Z_]+", file.read_text())) - SETTINGS


def test_every_process_is_a_service_of_compose() -> None:
    assert set() == set(programs()) - set(COMPOSE)


def test_every_process_is_in_the_chart() -> None:
    slots = {f"rasa-{slot}" for slot in re.findall(r'"(\w)"', TEMPLATES["rasa"].splitlines()[0])}
    assert set() == set(programs()) - set(TEMPLATES) - slots


@pytest.mark.parametrize("name", sorted(set(programs()) - {"redis"}))
def test_containers_run_what_the_supervisor_runs(name: str) -> None:
    template = TEMPLATES["rasa" if name.startswith("rasa-") else name].replace("{{ $slot }}", name[-1])
    in_chart = [
        re.sub(r"[\[\]\",]", "", found) for found in re.findall(r"^ {10}command: (\[.*\])", template, re.MULTILINE)
    ]
    assert entry(programs()[name]) == entry(started(COMPOSE[name])) == entry(in_chart[-1])


@pytest.mark.parametrize("name", list(COMPOSE))
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert name == "setup" or "healthcheck" in service


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"settings", "network"}))
def test_a_pod_has_no_more_rights_than_it_needs(name: str) -> None:
    text = TEMPLATES[name]
    assert '"renji.strict"' in text
    containers = len(re.findall(r"^ {10}image: ", text, re.MULTILINE))
    locked = len(re.findall(r'"renji\.(?:locked|unpack)"', text))
    assert containers == locked


def test_passwords_come_from_outside() -> None:
    text = "\n".join(file.read_text() for file in FILES)
    given = re.findall(r"(?i)\b\w*(?:password|secret)\w*: ([^\n]*)", text)
    assert [] == [value for value in given if re.fullmatch(r"[\"']?\w{8,}[\"']?", value.strip())]


def test_a_process_is_given_longer_than_it_takes_to_drain() -> None:
    gateway = int(re.search(r"terminationGracePeriodSeconds: (\d+)", TEMPLATES["gateway"])[1])
    waits = int(re.search(r'sleep, "(\d+)"', TEMPLATES["gateway"])[1])
    assert gateway >= waits + 15
    for name in ("gateway", "worker"):
        assert int(COMPOSE[name]["stop_grace_period"].rstrip("s")) >= 15
        assert int(re.search(r"terminationGracePeriodSeconds: (\d+)", TEMPLATES[name])[1]) >= 15
