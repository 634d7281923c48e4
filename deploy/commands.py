"""The commands behind `make up`, `down`, `dev`, `demo-reset`, `train` and what the tests prepare."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy import environment, state
from deploy.bundle import make_bundle
from deploy.plan import Plan, read_plan
from deploy.preflight import alone, check_disk, check_machine, check_ports
from deploy.progress import Progress, Stop, run
from deploy.rolling import SupervisedFleet, roll
from deploy.supervise import ACTIONS, SLOTS, Supervisor, parts_of, wait_healthy

HEALTHY_WITHIN_S = 300
"""Far more than the 20 s of two idle cores: a busy machine is slow, not broken."""


def up(plan: Plan, progress: Progress) -> None:
    """Install, train, seed and start whatever is missing; return when everything answers. Raises Stop."""
    check_machine(plan)
    supervisor = Supervisor(plan)
    if supervisor.is_running():
        if supervisor.is_whole():
            progress.say("Renji is already running.")
            _print_addresses(plan, state.running_address(plan))
            return
        with progress.step("Clearing away a start that was interrupted"):
            supervisor.shut_down()
    check_ports(plan.ports())
    check_disk(plan.root, first=not plan.python.exists())
    state.make_secret(plan)
    environment.install(plan, environment.BOT, progress)
    environment.install_browser_files(plan, progress)
    try:
        _start(plan, supervisor, progress)
    except BaseException:
        # Nothing half-started: what did come up goes down again.
        if supervisor.is_running():
            supervisor.shut_down()
        raise
    state.keep_address(plan)
    progress.say("Renji is up.")
    _print_addresses(plan, plan.address)


def _start(plan: Plan, supervisor: Supervisor, progress: Progress) -> None:
    supervisor.launch(state.choose_redis(plan))
    supervisor.start(["redis"])
    build_release(plan, progress)
    # Rasa's slots need longest: they load while the databases are prepared.
    supervisor.start(SLOTS)
    _prepare_databases(plan, progress)
    with progress.step(f"Starting {', '.join(parts_of(plan))}"):
        supervisor.start(part for part in parts_of(plan) if part not in SLOTS)
        wait_healthy(plan, supervisor, _health(plan), HEALTHY_WITHIN_S)


def build_release(plan: Plan, progress: Progress) -> None:
    """A release that fits the sources; trains a model if no model was made of them before. Raises Stop."""
    text = "Building the release (trains if its sources changed: about a minute on two cores)"
    with progress.step(text):
        run([plan.python, "-m", "bot.release", "build"], plan.log, f"{text} failed", env=plan.env)


def _prepare_databases(plan: Plan, progress: Progress) -> None:
    """Databases at the newest migration, subscribers in the CRM, people at the desk. Raises Stop."""
    seed = ["crm.reference.seed", "--if-empty", "--database", plan.crm_database]
    people = ["console.agents", "demo", "--file", str(state.logins_file(plan))]
    for text, (module, *arguments) in (("Seeding the CRM", seed), ("Preparing the desk", people)):
        with progress.step(text):
            run([plan.python, "-m", module, *arguments], plan.log, f"{text} failed", env=plan.env)


def _health(plan: Plan) -> dict[str, str]:
    """What must answer before `make up` says so: program → URL."""
    slots = plan.rasa_urls()
    apart = {ACTIONS: f"{plan.env['RENJI_ACTIONS_URL']}/health"} if plan.has_action_server else {}
    return {
        "crm": f"{plan.env['RENJI_CRM_URL']}/healthz",
        **apart,
        "rasa-a": f"{slots[0]}/webhooks/renji/health",
        "rasa-b": f"{slots[1]}/webhooks/renji/health",
        "gateway": f"http://127.0.0.1:{plan.env['RENJI_PORT']}/readyz",
    }


def _print_addresses(plan: Plan, address: str) -> None:
    print(f"\n  Demo page      {address}/")
    print(f"  Agents' desk   {address}/desk")
    for agent, password in state.read_logins(plan).items():
        print(f"                 {agent}  {password}")
    print("\n  Logs are in var/log; `make down` stops everything and keeps its state.\n", flush=True)


def down(plan: Plan, progress: Progress) -> None:
    """Stop everything; state stays."""
    supervisor = Supervisor(plan)
    if not supervisor.is_running():
        progress.say("Renji is not running.")
        return
    with progress.step("Stopping"):
        supervisor.shut_down()
    progress.say("Renji is down; its state is kept in var/.")


def dev(plan: Plan, progress: Progress) -> None:
    """Start everything, ready for `watch`."""
    environment.install(plan, environment.DEV, progress)
    up(plan, progress)


def watch(plan: Plan) -> None:
    """Restart what a changed file belongs to, until interrupted. In .venv, since the watching needs a package."""
    try:
        subprocess.run([plan.python, "-m", "deploy.watch"], env=plan.env, cwd=plan.root, check=False)
    except KeyboardInterrupt:
        print("No longer watching; `make down` stops the rest.")


def demo_reset(plan: Plan, progress: Progress) -> None:
    """Stop, and forget every conversation, order and log-in of the demo."""
    down(plan, progress)
    state.wipe(plan)
    progress.say("The demo's state is gone; `make up` makes a new one.")


def train(plan: Plan, progress: Progress) -> None:
    """Build a release from the sources, training the model if they changed; a running installation goes over to it."""
    environment.install(plan, environment.BOT, progress)
    state.make_secret(plan)
    before = state.live_release(plan)
    build_release(plan, progress)
    supervisor = Supervisor(plan)
    if state.live_release(plan) == before or not supervisor.is_running():
        return
    for slot in SLOTS:
        # One after the other: the other slot answers meanwhile.
        with progress.step(f"Restarting {slot} with the new release"):
            supervisor.restart([slot])
            wait_healthy(plan, supervisor, {slot: _health(plan)[slot]}, HEALTHY_WITHIN_S)


def rolling_restart(plan: Plan, progress: Progress) -> None:
    """Replace every process but Redis while people go on writing. Raises Stop."""
    supervisor = Supervisor(plan)
    if not supervisor.is_running() or not supervisor.is_whole():
        raise Stop("Renji is not running as a whole; `make up` starts it.")
    fleet = SupervisedFleet(plan, supervisor, _health(plan))
    roll(fleet, [part for part in parts_of(plan) if part == ACTIONS], fleet.workers, progress.step)
    progress.say("Every process but Redis is a new one.")


def prepare_tests(plan: Plan, progress: Progress) -> None:
    """Everything that `make test` needs and pip and npm can bring. The tests build the release while others run."""
    check_machine(plan)
    check_disk(plan.root, first=not plan.python.exists())
    state.make_secret(plan)
    environment.install(plan, environment.DEV, progress)
    environment.install_browser_files(plan, progress)


def install(plan: Plan, progress: Progress) -> None:
    """What can be done before anything runs: what a bundle's install.sh ends with. Raises Stop."""
    _install(plan, progress)
    progress.say("Installed; `make up` starts it.")


def _install(plan: Plan, progress: Progress) -> None:
    check_machine(plan)
    check_disk(plan.root, first=not plan.python.exists())
    state.make_secret(plan)
    environment.install(plan, environment.BOT, progress)
    environment.install_browser_files(plan, progress)


def bundle(plan: Plan, progress: Progress) -> None:
    """One file in var/bundle that installs without the Internet. Raises Stop."""
    _install(plan, progress)
    build_release(plan, progress)
    make_bundle(plan, progress)


def browser_files(plan: Plan, progress: Progress) -> None:
    """The browser's files and the tests' (axe-core, Prism)."""
    environment.install(plan, environment.BOT, progress)
    environment.install_browser_files(plan, progress, with_dev=True)


COMMANDS: dict[str, Callable[[Plan, Progress], None]] = {
    "up": up,
    "down": down,
    "dev": dev,
    "demo-reset": demo_reset,
    "train": train,
    "rolling-restart": rolling_restart,
    "prepare-tests": prepare_tests,
    "browser-files": browser_files,
    "install": install,
    "bundle": bundle,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/up.py")
    parser.add_argument("command", choices=COMMANDS)
    name = parser.parse_args().command
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    plan = read_plan(Path(__file__).resolve().parent.parent)
    try:
        with alone(plan):
            COMMANDS[name](plan, Progress())
        if name == "dev":
            watch(plan)
    except Stop as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing is left running.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
