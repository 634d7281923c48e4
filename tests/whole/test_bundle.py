"""The drill: a bundle is unpacked, installed and answers in a network namespace that has nothing but loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import ROOT

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.timeout(3600),
    pytest.mark.skipif("DRILLS" not in os.environ, reason="takes minutes and gigabytes: make test-full, or DRILLS=1"),
]
ALONE = ["unshare", "--net", "--fork", "--pid", "--kill-child", "--mount-proc"]
"""What runs in it has no network, sees no other process, and ends with it."""
OUTSIDE = 'import socket; socket.create_connection(("192.0.2.1", 80), 2)'
ASK = """
import json, urllib.request
body = json.dumps({"sender": "offline", "message": "有什么套餐"}).encode()
url, kind = "http://127.0.0.1:8080/webhooks/rest/webhook", {"Content-Type": "application/json"}
said = json.loads(urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=30).read())
print("ANSWER", " ".join(one["text"] for one in said).replace(chr(10), " "))
"""
STEPS = """
set -euo pipefail
ip link set lo up
! "$PYTHON" -c "$OUTSIDE" 2>/dev/null
./install.sh
make --no-print-directory up
.venv/bin/python -c "$ASK"
make --no-print-directory down
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: a unix socket's path may have 107 bytes only, and three gigabytes are not to stay.
    with tempfile.TemporaryDirectory(prefix="renji-bundle-") as path:
        yield Path(path)


def alone(*words: str) -> list[str]:
    """A command in a namespace of its own; skips where the kernel allows none."""
    for argv in (ALONE, [*ALONE, "--map-root-user"]):
        if subprocess.run([*argv, "true"], capture_output=True).returncode == 0:
            return [*argv, *words]
    pytest.skip("no network namespace can be made here")


def test_a_bundle_installs_and_answers_without_a_network(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = alone("bash", "-c", STEPS)
    subprocess.run(["make", "bundle"], cwd=ROOT, check=True)
    bundle = max((ROOT / "var" / "bundle").glob("*.tar"), key=lambda path: path.stat().st_mtime)
    with tarfile.open(bundle) as tar:
        tar.extractall(folder)
    # Nothing of this environment: not its packages, not its settings.
    here = {"PATH": os.defpath, "HOME": str(folder), "PYTHON": os.path.realpath(sys.executable), "LANG": "C.UTF-8"}
    began = time.monotonic()
    asked = {**here, "OUTSIDE": OUTSIDE, "ASK": ASK}
    done = subprocess.run(steps, cwd=folder / "renji", env=asked, capture_output=True, text=True)
    took_s, size_mb = time.monotonic() - began, bundle.stat().st_size // 1_000_000
    with capsys.disabled():
        print(f"\n{bundle.name}: {size_mb} MB, installed and answered in {took_s:.0f} s\n{done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "套餐" in done.stdout.partition("ANSWER")[2].partition("\n")[0]
    assert "training" not in (folder / "renji" / "var" / "log" / "up.log").read_text()
