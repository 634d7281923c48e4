"""`python -m console.migrate`: brings the console's database to the newest schema; `--back-to 0001` to an older.

`--wait` changes nothing: it ends once another process has brought it there.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import open_engine
from console.tables import VERSION_TABLE
from switchboard.settings import Settings

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy" / "migrations" / "console"
LOOK_S = 2.0


def config(connection: Connection) -> Config:
    """Alembic's configuration without its ini file."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.attributes["connection"] = connection
    return made


async def migrate(engine: AsyncEngine, revision: str = "head") -> None:
    """Upgrade to `revision`; does nothing when the database is there already."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))


async def take_back(engine: AsyncEngine, revision: str) -> None:
    """Downgrade to `revision`: what only newer tables and columns hold is gone."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(config(sync), revision))


async def is_new_enough(engine: AsyncEngine) -> bool:
    """Whether the schema is this version's newest, or of a newer version: migrations only add what an older ignores."""
    scripts = ScriptDirectory(str(SCRIPTS))
    older = {script.revision for script in scripts.walk_revisions()} - set(scripts.get_heads())
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(_revision)
    except (SQLAlchemyError, OSError):
        return False
    return found is not None and found not in older


def _revision(connection: Connection) -> str | None:
    options = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


async def wait(engine: AsyncEngine) -> None:
    """Until the schema is new enough; for as long as that takes."""
    while not await is_new_enough(engine):
        print("console: waits for the tables of this version", flush=True)
        await asyncio.sleep(LOOK_S)


async def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m console.migrate", description=(__doc__ or "").split(";")[0])
    parser.add_argument("--back-to", metavar="REVISION", help="the last one that the version to go back to knows")
    parser.add_argument("--wait", action="store_true", help="change nothing, wait until it is new enough")
    asked = parser.parse_args(arguments)
    engine = open_engine(Settings.read(os.environ).database_url)
    try:
        if asked.wait:
            await wait(engine)
        else:
            await (take_back(engine, asked.back_to) if asked.back_to else migrate(engine))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
