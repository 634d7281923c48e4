"""For `make dev`: restarts the processes that a changed file belongs to, and publishes changed wording."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from watchfiles import watch

from deploy.plan import Plan, read_plan
from deploy.preflight import alone
from deploy.progress import Stop
from deploy.supervise import ACTIONS, SLOTS, Supervisor, parts_of

EVERY = ("worker", "gateway", ACTIONS, *SLOTS)
BELONGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("gateway.py", ("gateway",)),
    ("worker.py", ("worker",)),
    ("actions.py", (ACTIONS,)),
    ("doors.py", (ACTIONS, *SLOTS)),
    ("switchboard/", EVERY),
    ("connectors/", ("worker", "gateway")),
    ("console/sent.py", (ACTIONS, *SLOTS)),
    ("console/directory.py", EVERY),
    ("console/database.py", EVERY),
    ("console/tables.py", EVERY),
    ("console/desk/", ("gateway",)),
    ("console/", ("worker", "gateway")),
    ("crm/reference/", ("crm",)),
    ("content/terms/", ("worker", ACTIONS, *SLOTS)),
    ("crm/", ("gateway", "worker", ACTIONS, *SLOTS)),
    ("bot/action", (ACTIONS, *SLOTS)),
    ("bot/packing.py", ("worker", ACTIONS, *SLOTS)),
    ("bot/client.py", ("worker",)),
    ("bot/slots.py", ("worker",)),
    ("bot/release.py", ("worker", *SLOTS)),
    ("bot/turn.py", ("worker", *SLOTS)),
    ("bot/wordings.py", ("worker", "gateway", *SLOTS)),
    ("bot/", SLOTS),
)
"""Path from the root → programs that load it; the first that fits counts. Rasa's slots take seconds, the others one."""
TRAINED = ("data/", "domain.yml", "config.yml", "bot/nlu/")
READ_AT_START = ("crm/reference/data/", "content/terms/")
WATCHED = ("switchboard", "connectors", "console", "crm", "bot", "content", "data")


def programs_for(paths: set[str]) -> tuple[str, ...]:
    """Programs to restart for these changed paths, each once."""
    found: dict[str, None] = {}
    for path in sorted(paths):
        belonging = next((programs for prefix, programs in BELONGS if path.startswith(prefix)), ())
        loaded = path.endswith((".py", ".html", ".lua", ".sql")) or path.startswith(READ_AT_START)
        if loaded and not path.startswith(TRAINED):
            found |= dict.fromkeys(belonging)
    return tuple(found)


def react(plan: Plan, supervisor: Supervisor, paths: set[str]) -> None:
    """Do what these changed paths ask for and say so."""
    began = time.monotonic()
    done: list[str] = []
    programs = [program for program in programs_for(paths) if program in parts_of(plan)]
    if programs:
        supervisor.restart(programs)
        done.append(f"restarted {', '.join(programs)}")
    if any(path.startswith("content/") for path in paths):
        published = subprocess.run([plan.python, "-m", "bot.release", "content"], env=plan.env, cwd=plan.root)
        done.append("published the wording" if published.returncode == 0 else "the wording has a fault, see above")
    if any(path.startswith(TRAINED) for path in paths):
        done.append("training data changed: `make train` makes a release of it")
    if done:
        print(f"{', '.join(sorted(paths)[:3])}: {'; '.join(done)} ({time.monotonic() - began:.1f} s)", flush=True)


def main() -> None:
    plan = read_plan(Path.cwd())
    supervisor = Supervisor(plan)
    directories = [plan.root / name for name in WATCHED if (plan.root / name).is_dir()]
    for changes in watch(*directories, *plan.root.glob("*.py"), *plan.root.glob("*.yml"), debounce=300, step=100):
        # Editors write beside the file and rename.
        if not supervisor.is_running():
            print("Renji is down; no longer watching.")
            return
        saved = {str(Path(path).relative_to(plan.root)) for _, path in changes if Path(path).suffix}
        try:
            with alone(plan):
                react(plan, supervisor, saved)
        except Stop as reason:
            print(reason)


if __name__ == "__main__":
    main()
