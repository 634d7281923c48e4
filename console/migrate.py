"""`python -m console.migrate`: brings the console's database to the newest schema."""

from __future__ import annotations

import asyncio
import os
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


async def main() -> None:
    engine = open_engine(Settings.read(os.environ).database_url)
    try:
        await migrate(engine)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
