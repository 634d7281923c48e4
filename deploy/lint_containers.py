"""Checks the Dockerfile, compose.yaml, the chart and the alert rules' YAML without running any: bash deploy/lint.sh.

hadolint, the Compose specification, Helm's own lint, and each manifest as Helm would render it against Kubernetes'
schemas, of the oldest and newest version that it is meant for, where a name that no schema knows is an error.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import compose_spec
import go_template
import helm_sdkpy
import kubernetes_validate
import yaml
from helm_sdkpy.chart import Lint

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "deploy" / "helm" / "renji"
VERSIONS = ("1.25", "1.37")
WARNING = 2
"""Helm's severities: 1 is a remark."""
YAML = ("compose.yaml", "deploy/alerts.yml", "deploy/helm/renji/Chart.yaml", "deploy/helm/renji/values.yaml")
RULES = "{extends: default, rules: {line-length: disable, document-start: disable, braces: disable, truthy: disable}}"
CASES: Mapping[str, Mapping[str, Any]] = {
    "as it comes": {},
    "a carrier's own": {
        "crmUrl": "https://bss.example",
        "crm": {"enabled": False},
        "redis": {"enabled": False},
        "postgresql": {"enabled": False},
        "channelSecrets": {"RENJI_SMS_SECRET": "sms-secret"},
        "settings": {"RENJI_REDIS_REPLICAS": 1},
        "gateway": {"sidecars": [{"name": "scraper", "image": "registry.example/scraper:1"}]},
    },
}


def main() -> int:
    faults = [fault for check in (_tools, _compose, _helm, _manifests) for fault in check()]
    print("\n".join(faults) or f"Linted, not run: Dockerfile, {', '.join(YAML)}, the chart's manifests.")
    return 1 if faults else 0


def _tools() -> Iterator[str]:
    for tool, *words in (["hadolint", "Dockerfile"], ["yamllint", "-f", "parsable", "-d", RULES, *YAML]):
        argv = [str(Path(sys.executable).parent / tool), *words]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            yield done.stdout + done.stderr


def _compose() -> Iterator[str]:
    # Merged first: the library knows no YAML anchors; x-… are only their places.
    whole = yaml.safe_load((ROOT / "compose.yaml").read_text())
    merged = {name: value for name, value in whole.items() if not name.startswith("x-")}
    try:
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(merged)).validate()
    except ValueError as error:
        yield f"compose.yaml: {error}"


def _helm() -> Iterator[str]:
    told = asyncio.run(Lint(helm_sdkpy.Configuration()).run(str(CHART)))
    yield from (f"helm lint: {one['Path']}" for one in told["Messages"] if one["Severity"] >= WARNING)


def _manifests() -> Iterator[str]:
    for case, values in CASES.items():
        for file, document in rendered(values):
            for version in VERSIONS:
                try:
                    kubernetes_validate.validate(document, version, strict=True)
                except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                    yield f"{file}, {case}, Kubernetes {version}: {error}"


def rendered(changed: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(file, manifest) of each that Helm would apply with these values."""
    values = _merged(yaml.safe_load((CHART / "values.yaml").read_text()), changed)
    parts = (CHART / "templates" / "_parts.tpl").read_text()
    for template in sorted((CHART / "templates").glob("*.yaml")):
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / template.name
            whole.write_text(parts + template.read_text())
            text = go_template.render(whole, {"Values": values, "Release": {"Name": "lint", "Revision": 1}})
        for document in yaml.safe_load_all(text.decode()):
            if document:
                yield template.name, document


def _merged(values: Any, changed: Any) -> Any:
    if not isinstance(values, dict) or not isinstance(changed, Mapping):
        return json.loads(json.dumps(changed))
    return {**values, **{name: _merged(values.get(name), value) for name, value in changed.items()}}


if __name__ == "__main__":
    sys.exit(main())
