"""`python -m console.migrate`: brings the console's database to the newest schema; `--back-to 0001` to an older."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import open_engine
from switchboard.settings import Settings

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy" / "migrations" / "console"


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


async def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m console.migrate", description=(__doc__ or "").split(";")[0])
    parser.add_argument("--back-to", metavar="REVISION", help="the last one that the version to go back to knows")
    asked = parser.parse_args(arguments)
    engine = open_engine(Settings.read(os.environ).database_url)
    try:
        await (take_back(engine, asked.back_to) if asked.back_to else migrate(engine))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
