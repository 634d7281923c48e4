"""The linters of containers and chart, which come from the package index: nothing is run."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.stack import ROOT

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif("DRILLS" not in os.environ, reason="installs 300 MB: make test-full, or DRILLS=1"),
]


def test_dockerfile_compose_and_chart_pass_their_linters() -> None:
    done = subprocess.run(["make", "--no-print-directory", "lint-containers"], cwd=ROOT, capture_output=True, text=True)
    if "is needed to lint" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
