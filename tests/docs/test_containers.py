"""compose.yaml and the chart name settings that exist, run every process, and hold no secret."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from configparser import RawConfigParser
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import AuthenticationError, Redis

from tests.conftest import redis_binary, wait_for

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
CHART = ROOT / "deploy" / "helm" / "renji"
TEMPLATES = {path.stem: path.read_text() for path in (CHART / "templates").glob("*.yaml")}
PARTS = (CHART / "templates" / "_parts.tpl").read_text()
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", CHART / "values.yaml", *(CHART / "templates").iterdir()]
SETTINGS = set(re.findall(r"^\| `(RENJI_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
NO_CHECKOUT = 128
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


def containers(template: str) -> int:
    return len(re.findall(r"^ {10}image: ", template, re.MULTILINE))


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
    assert name in ("release", "setup") or "healthcheck" in service


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"settings", "network"}))
def test_a_pod_has_no_more_rights_than_it_needs(name: str) -> None:
    assert re.search(r'"renji\.strict"|"renji\.as" [1-9]', TEMPLATES[name])
    assert containers(TEMPLATES[name]) == TEMPLATES[name].count('template "renji.locked"')


def test_a_container_of_several_pods_has_no_more_rights_than_it_needs() -> None:
    assert containers(PARTS) == PARTS.count('template "renji.locked"') > 0


def test_passwords_come_from_outside() -> None:
    text = "\n".join(file.read_text() for file in FILES)
    given = re.findall(r"(?i)\b\w*(?:password|secret)\w*: ([^\n]*)", text)
    assert [] == [value for value in given if re.fullmatch(r"[\"']?\w{8,}[\"']?", value.strip())]


def test_a_process_is_given_longer_than_it_takes_to_drain() -> None:
    gateway = int(re.search(r"terminationGracePeriodSeconds: (\d+)", TEMPLATES["gateway"])[1])
    waits = int(re.search(r'sleep, "(\d+)"', TEMPLATES["gateway"])[1])
    assert gateway >= waits + 15
    conf = RawConfigParser()
    conf.read(ROOT / "deploy" / "supervisord.conf")
    # Read, not imported: they need the SDK and Rasa.
    drained, ended = _seconds("action_server.py", "DRAIN_S"), _seconds("channel.py", "STOP_S")
    for name in ("actions", "rasa-a", "rasa-b"):
        given = [
            float(conf[f"program:{name}"].get("stopwaitsecs", 10)),
            float(re.search(r"terminationGracePeriodSeconds: (\d+)", TEMPLATES[name.partition("-")[0]])[1]),
            float(COMPOSE[name]["stop_grace_period"].rstrip("s")),
        ]
        assert min(given) > drained + ended, name
    for name in ("gateway", "worker"):
        assert int(COMPOSE[name]["stop_grace_period"].rstrip("s")) >= 15
        assert int(re.search(r"terminationGracePeriodSeconds: (\d+)", TEMPLATES[name])[1]) >= 15


def _seconds(module: str, name: str) -> float:
    return float(re.search(rf"^{name} = ([\d.]+)$", (ROOT / "bot" / module).read_text(), re.MULTILINE)[1])


@pytest.mark.parametrize("name", ["secret", "secret.old", ".env", ".env.production"])
def test_neither_git_nor_an_image_takes_the_secret(name: str) -> None:
    ignored = subprocess.run(["git", "-C", str(ROOT), "check-ignore", "-q", name]).returncode
    if ignored == NO_CHECKOUT:
        pytest.skip("not a checkout")
    left_out = [line.removeprefix("**/").removeprefix("/") for line in (ROOT / ".dockerignore").read_text().split()]
    assert (0, True) == (ignored, any(fnmatch(name, pattern) for pattern in left_out))


def test_only_one_image_carries_the_release() -> None:
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    assert ["release"] == [stage.split("\n")[0].split()[-1] for stage in stages if "COPY --from=trained" in stage]


def test_processes_hear_of_a_release_once_its_pods_are_there() -> None:
    announcing = {name for name, text in TEMPLATES.items() if "bot.release use" in text}
    assert {"announce"} == announcing
    assert "helm.sh/hook: post-install,post-upgrade" in TEMPLATES["announce"]


@pytest.mark.parametrize("name", ["gateway", "worker"])
def test_what_needs_tables_waits_for_them(name: str) -> None:
    assert '"renji.awaittables"' in TEMPLATES[name]


def test_the_reference_crm_tells_what_happens() -> None:
    for text in (started(COMPOSE["crm"]), TEMPLATES["crm"]):
        assert re.search(r'--tell,? "?http://\S*gateway\S*/crm/events', text.replace("{{ .Release.Name }}", ""))
        assert "--public-url" in text


def redis_in_compose() -> str:
    return str(COMPOSE["redis"]["command"][-1]).replace("$$", "$")


def redis_in_chart() -> str:
    block = re.search(r"command:\n(?: +- .*\n)+(?: {14}.*\n)+", TEMPLATES["redis"])
    assert block
    return str(yaml.safe_load(block[0])["command"][-1])


@pytest.mark.parametrize("script", [redis_in_compose(), redis_in_chart()], ids=["compose", "chart"])
def test_redis_asks_for_the_password_whatever_it_is_and_ends_when_told(script: str) -> None:
    password = """a b"c'd\\e$f#%s\u00e9"""
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-redis-") as folder:
        binary = Path(redis_binary())
        (Path(folder) / "redis-server").symlink_to(binary)
        here = script.replace("/run/redis", folder).replace("/data", folder)
        path = f"{folder}:{os.environ['PATH']}"
        process = subprocess.Popen(
            ["sh", "-c", f"{here} --port 0 --unixsocket {folder}/s"],
            env={"PATH": path, "REDISCLI_AUTH": password, "REDIS_MEMORY": "1gb"},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(Path(folder) / "s", process)
            assert 0o600 == (Path(folder) / "redis.conf").stat().st_mode & 0o777
            with Redis(unix_socket_path=f"{folder}/s", password=password) as known:
                assert known.set("a", "b")
            with Redis(unix_socket_path=f"{folder}/s") as stranger, pytest.raises(AuthenticationError):
                stranger.get("a")
            process.terminate()
            assert 0 == process.wait(timeout=20)
        finally:
            process.kill()
            process.wait()
