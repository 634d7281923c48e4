"""`python -m console.agents`: adds and lists the people who may log in at the console.

python -m console.agents add lin --name 小林 --role agent --skill general
python -m console.agents disable lin
python -m console.agents list
python -m console.agents demo --file var/demo-logins.json
python -m console.agents verify-audit
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from console.accounts import ROLES, Accounts, Person
from console.audit import Audit
from console.database import open_engine
from console.migrate import migrate
from console.passwords import Passwords
from switchboard.settings import Settings

DEMO = (
    Person("lin", "小林", "agent", ("general",)),
    Person("chen", "小陈", "agent", ("general",)),
    Person("admin", "王主管", "supervisor", ("general",)),
)


def demo_passwords(file: Path) -> dict[str, str]:
    """{name: password} of the demo's people; written once per installation, for its user only."""
    if file.exists():
        known: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return known
    made = {person.id: secrets.token_urlsafe(9) for person in DEMO}
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        output.write(json.dumps(made, indent=1) + "\n")
    return made


async def put_demo(accounts: Accounts, file: Path) -> None:
    """Make the database agree with the file; sessions survive when it does already."""
    passwords = demo_passwords(file)
    for person in DEMO:
        password = passwords.get(person.id)
        if password and not await accounts.password_fits(person.id, password):
            await accounts.put(person, password)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.agents", description="People of the console.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a person, or change role, name, skills and password")
    add.add_argument("id", help="log-in name")
    add.add_argument("--name", required=True, help="as colleagues and customers read it")
    add.add_argument("--role", choices=ROLES, default="agent")
    add.add_argument("--skill", action="append", default=[], help="may be repeated; none means general")
    add.add_argument("--password-file", type=Path, help="first line is the password; asked for without it")
    disable = commands.add_parser("disable", help="they cannot log in any more")
    disable.add_argument("id")
    commands.add_parser("list", help="who may log in")
    demo = commands.add_parser("demo", help="the demo's people")
    demo.add_argument("--file", type=Path, required=True)
    commands.add_parser("verify-audit", help="check the audit's chain")
    return parser.parse_args(words)


async def run(arguments: argparse.Namespace, settings: Settings) -> None:
    engine = open_engine(settings.database_url)
    audit = Audit(engine, lambda: datetime.now(timezone.utc))
    accounts = Accounts(engine, Passwords(), audit, lambda: datetime.now(timezone.utc))
    try:
        await migrate(engine)
        if arguments.command == "add":
            skills = tuple(arguments.skill) or ("general",)
            await accounts.put(Person(arguments.id, arguments.name, arguments.role, skills), _password(arguments))
        elif arguments.command == "disable":
            await accounts.disable(arguments.id)
        elif arguments.command == "demo":
            await put_demo(accounts, arguments.file)
        elif arguments.command == "verify-audit":
            print(f"{await audit.verify()} rows, unbroken")
        else:
            for person in await accounts.people():
                print(f"{person.id:16} {person.role:12} {person.name}  {' '.join(person.skills)}")
    finally:
        await engine.dispose()


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_file:
        password = arguments.password_file.read_text(encoding="utf-8").splitlines()[0]
    else:
        password = getpass.getpass()
    if len(password) < 10:
        sys.exit("A password needs at least 10 characters.")
    return str(password)


if __name__ == "__main__":
    asyncio.run(run(_arguments(sys.argv[1:]), Settings.read(os.environ)))
