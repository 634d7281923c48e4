"""The action server as a process: who may call it, where it listens, and what it answers when the CRM is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from switchboard.settings import Settings
from tests.ports import free_port

pytestmark = pytest.mark.rasa
ROOT = Path(__file__).parents[3]


class Server:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def call(self, path: str, body: object = None, token: str | None = None) -> tuple[int, object]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or self.token}"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(f"{self.url}{path}", data, headers), timeout=20) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def run(self, action: str) -> tuple[int, object]:
        said = {"conversation": "web:1", "message_id": "web:m1", "channel": "web", "language": "zh", "region": "zj"}
        message = {"text": "x", "intent": {"name": "greet"}, "entities": [], "metadata": said}
        tracker = {"sender_id": "web:1", "slots": {}, "latest_message": message, "events": [], "paused": False}
        return self.call("/webhook", {"next_action": action, "sender_id": "web:1", "tracker": tracker, "domain": {}})


@pytest.fixture(
    scope="module", params=[["actions.py"], ["-m", "rasa_sdk", "--actions", "actions"]], ids=["ours", "sdk"]
)
def server(
    request: pytest.FixtureRequest, redis_server: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("actions")
    (folder / "secret").write_text("s" * 64)
    environ = {
        "RENJI_SECRET_FILE": str(folder / "secret"),
        "RENJI_REDIS_URL": f"unix://{redis_server}",
        "RENJI_CRM_URL": "http://127.0.0.1:9",
    }
    port = free_port()
    command = [sys.executable, *request.param, "--port", str(port)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENJI_", "SANIC_"))}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**kept, **environ}, stdout=log, stderr=subprocess.STDOUT)
    try:
        ours = Server(f"http://127.0.0.1:{port}", Settings.read(environ).key("internal").hex())
        _wait(ours, process, folder / "log")
        yield ours
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 40
    while True:
        try:
            assert server.call("/health")[0] == 200
            return
        except URLError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the action server did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)


def test_only_rasa_may_call(server):
    assert server.call("/webhook", {"next_action": "action_greet"}, token="guess")[0] == 401
    assert server.call("/actions", token="guess")[0] == 401
    # A header goes out as Latin-1: one byte that no UTF-8 has.
    assert server.call("/actions", token="\xff")[0] == 401


def test_it_listens_on_loopback_only(server):
    port = int(server.url.rsplit(":", 1)[1])
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {
        line[1].split(":")[0] for line in listening if line[3] == "0A" and int(line[1].split(":")[1], 16) == port
    }
    assert addresses == {"0100007F"}


def test_every_action_of_the_domain_is_there(server):
    from ruamel.yaml import YAML

    domain = YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    wanted = {name for name in domain["actions"] if not name.startswith("utter_")}
    _, known = server.call("/actions")
    assert wanted - {entry["name"] for entry in known} == set()  # type: ignore[union-attr,index]


def test_an_action_answers(server):
    status, answer = server.run("action_greet")
    assert status == 200
    assert answer["responses"]  # type: ignore[index]


def test_an_action_that_does_not_exist_is_not_found(server):
    assert server.run("action_fly")[0] == 404


def test_a_failure_tells_its_kind_and_repeats_nothing_of_the_request(server):
    status, answer = server.call("/webhook", {"next_action": "action_greet", "tracker": {"secret": "13800000000"}})
    assert status == 500
    assert "13800000000" not in json.dumps(answer)
