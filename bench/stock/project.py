"""The stock assistant, made from the product's own data, and trained once:

    python -m bench.stock.project [--examples 1500]

DIET would learn for hours from all 34,000 examples, so it gets a sample with every intent in its share. The product
learns the same sample too, for the comparison of training times. Everything is kept in var/bench/stock; what is there
is used again until the data, the sample or the configuration changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bench.measure.dialogs import ONLY, VISIT, Line

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "var/bench/stock"
EXAMPLES = 1500
FORM = "order_data_pack"
TRAINING_S = 4 * 3600
_yaml = YAML(typ="safe")
_yaml.default_flow_style = False
_yaml.allow_unicode = True
_yaml.width = 4096


def model() -> Path:
    """The trained model. Raises SystemExit when there is none yet."""
    path = FOLDER / "project/models/stock.tar.gz"
    if not path.exists():
        raise SystemExit("there is no stock assistant to compare with yet: python -m bench.stock.project (minutes)")
    return path


def training() -> dict[str, Any]:
    """What training cost: {"examples", "stock": {"cpu_s", "waited_s"}, "ours": …}; empty when nobody measured."""
    path = FOLDER / "training.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(folder: Path, examples: int) -> int:
    """The project's files; returns how many examples there are."""
    nlu = sampled(examples)
    domain = _yaml.load(HERE / "domain.yml")
    own = set(domain["actions"])
    rules = converted(_steps(ROOT / "data/rules", "rules", "rule"), own)
    said = sorted({step["action"] for rule in rules for step in rule["steps"] if "action" in step} - own)
    domain["intents"] = sorted(nlu)
    domain["responses"] |= {name: [{"text": _text(name)}] for name in said if name.startswith("utter_")}
    (folder / "data").mkdir(parents=True, exist_ok=True)
    _dump(domain, folder / "domain.yml")
    _dump({"version": "3.1", "nlu": [_intent(name, lines) for name, lines in nlu.items()]}, folder / "data/nlu.yml")
    _dump({"version": "3.1", "rules": rules}, folder / "data/rules.yml")
    stories = [*converted(_steps(ROOT / "data/stories", "stories", "story"), own), *_stories(own)]
    _dump({"version": "3.1", "stories": stories}, folder / "data/stories.yml")
    shutil.copy(HERE / "rules.yml", folder / "data/form.yml")
    shutil.copy(HERE / "config.yml", folder / "config.yml")
    shutil.copy(HERE / "credentials.yml", folder / "credentials.yml")
    return sum(len(lines) for lines in nlu.values())


def sampled(count: int) -> dict[str, list[str]]:
    """Examples by intent, without entities: about `count` of all, and every line that the benchmark says."""
    from tests.nlu.inprocess import project_data
    from tests.nlu.stock import sample

    found: dict[str, list[str]] = {}
    for example in sample(project_data(), count).intent_examples:
        found.setdefault(example.get("intent"), []).append(example.get("text"))
    for line in _lines():
        found.setdefault(line.intent, []).append(line.text)
    # Without two examples of each the classifier cannot learn an intent.
    return {name: sorted(set(lines)) for name, lines in sorted(found.items()) if len(set(lines)) > 1}


def converted(given: Iterable[Mapping[str, Any]], own: set[str]) -> list[dict[str, Any]]:
    """Rules or stories of the product whose actions are the stock assistant's: `utter_…` where it has none of its own.

    What belongs to the product's forms and events is left out.
    """
    kept = []
    for one in given:
        steps = [dict(step) for step in one["steps"]]
        intents = [str(step.get("intent", "")) for step in steps]
        foreign = one.get("condition") or any("active_loop" in step or "slot_was_set" in step for step in steps)
        if foreign or FORM in intents or any(name.startswith(("event_", "nlu_fallback")) for name in intents):
            continue
        for step in steps:
            if "action" in step and step["action"] not in own:
                step["action"] = "utter_" + step["action"].removeprefix("action_").removeprefix("utter_")
        kept.append({**one, "steps": steps})
    return kept


def _stories(own: set[str]) -> list[dict[str, Any]]:
    """The benchmark's own conversations, so that the policies that learn have seen them."""
    stories = []
    for number, visit in enumerate((VISIT, *ONLY.values())):
        steps: list[dict[str, Any]] = []
        for line in (line for line in visit if line.kind != "form"):
            action = f"action_{line.intent}"
            steps += [{"intent": line.intent}, {"action": action if action in own else f"utter_{line.intent}"}]
        if steps:
            stories.append({"story": f"visit {number}", "steps": steps})
    return stories


def _lines() -> list[Line]:
    return [line for visit in (VISIT, *ONLY.values()) for line in visit]


def _steps(folder: Path, key: str, name: str) -> list[dict[str, Any]]:
    return [{name: one[name], **one} for path in sorted(folder.glob("*.yml")) for one in _yaml.load(path)[key]]


def _text(action: str) -> str:
    return f"这是“{action.removeprefix('utter_')}”的回答，长度与产品中的一般回答相近。还需要别的帮助吗？"


def _intent(name: str, lines: list[str]) -> dict[str, Any]:
    return {"intent": name, "examples": "".join(f"- {line}\n" for line in lines)}


def _dump(value: Any, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        _yaml.dump(value, file)


def train(project: Path, name: str) -> dict[str, float]:
    """Run `rasa train` in a project; what it cost in seconds of CPU (all threads) and of waiting."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", name, "--out", "models", "--quiet"]
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment = {**os.environ, **quiet, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=project, env=environment, check=True, timeout=TRAINING_S)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": round(cpu, 1), "waited_s": round(time.monotonic() - began, 1)}


def _ours(folder: Path, stock: Path) -> None:
    """The product's own project with the stock assistant's examples."""
    for name in ("config.yml", "domain.yml", "content"):
        _link(ROOT / name, folder / name)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name in ("rules", "stories", "lookup"):
        _link(ROOT / "data" / name, folder / "data" / name)
    shutil.copy(stock / "data/nlu.yml", folder / "data/nlu.yml")


def _link(target: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(target)


def fingerprint(project: Path) -> str:
    """What a stock model is made of."""
    digest = hashlib.sha256()
    for path in sorted([project / "config.yml", project / "domain.yml", *(project / "data").glob("*.yml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stock.project", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="how many of the product's examples to learn")
    asked = parser.parse_args(arguments)
    project, ours = FOLDER / "project", FOLDER / "ours"
    count = write(project, asked.examples)
    made_of = fingerprint(project)
    if training().get("made_of") == made_of and (project / "models/stock.tar.gz").exists():
        print("the stock assistant is trained")
        return
    print(f"training the stock assistant on {count} examples")
    cost: dict[str, Any] = {"examples": count, "made_of": made_of, "stock": train(project, "stock")}
    _ours(ours, project)
    cost["ours"] = train(ours, "ours")
    (FOLDER / "training.json").write_text(json.dumps(cost, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(cost))


if __name__ == "__main__":
    main(sys.argv[1:])
