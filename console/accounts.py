"""The people of the console and their log-ins: who they are, their sessions, and how often somebody may guess."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console.audit import Audit
from console.database import upsert
from console.passwords import Passwords
from console.tables import agents, login_failures, sessions
from switchboard.ports import Clock

ROLES = ("agent", "supervisor")
ABSOLUTE = timedelta(hours=12)
IDLE = timedelta(minutes=30)
WINDOW = timedelta(minutes=15)
TRIES_EACH = 5
"""Wrong passwords for one name from one address within WINDOW."""
TRIES_NAME = 20
TRIES_REMOTE = 30
LONGEST = 200
"""Characters of a name or password that are looked at: argon2 reads them all."""


@dataclass(frozen=True)
class Person:
    """Somebody who may log in. `id` is the log-in name."""

    id: str
    name: str
    role: str
    skills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """A log-in. `csrf` must come back with everything that changes something."""

    person: Person
    csrf: str
    token_hash: str


class LoginRefused(Exception):
    """`too_many` is true when it was not even looked at."""

    def __init__(self, too_many: bool) -> None:
        super().__init__("too many tries" if too_many else "wrong name or password")
        self.too_many = too_many


class Accounts:
    def __init__(self, engine: AsyncEngine, passwords: Passwords, audit: Audit, clock: Clock) -> None:
        self._engine, self._passwords, self._audit, self._clock = engine, passwords, audit, clock

    async def put(self, person: Person, password: str) -> None:
        """Add a person, or give them this role, name, skills and password. Their sessions end."""
        values: dict[str, Any] = {
            "name": person.name,
            "role": person.role,
            "skills": list(person.skills),
            "password_hash": await self._passwords.hash(password),
            "disabled": False,
            "created_at": self._clock(),
        }
        async with self._engine.begin() as connection:
            await upsert(connection, agents, {"id": person.id}, values)
            await connection.execute(sessions.delete().where(sessions.c.agent == person.id))
        await self._audit.write("console", "person.put", person.id, {"role": person.role})

    async def disable(self, name: str) -> None:
        """They cannot log in any more, and their sessions end; what they did stays theirs."""
        async with self._engine.begin() as connection:
            await connection.execute(agents.update().where(agents.c.id == name).values(disabled=True))
            await connection.execute(sessions.delete().where(sessions.c.agent == name))
        await self._audit.write("console", "person.disable", name)

    async def people(self) -> list[Person]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(agents).where(~agents.c.disabled).order_by(agents.c.id))).all()
        return [_person(row) for row in rows]

    async def password_fits(self, name: str, password: str) -> bool:
        stored = await self._stored(name)
        return await self._passwords.verify(stored.password_hash if stored else None, password)

    async def log_in(self, name: str, password: str, remote: str) -> str:
        """A new session's token. Raises LoginRefused."""
        name, password = name[:LONGEST].replace("\x00", ""), password[:LONGEST]
        if await self._too_many(name, remote):
            await self._audit.write("nobody", "login.blocked", name, {"remote": remote})
            raise LoginRefused(too_many=True)
        stored = await self._stored(name)
        if not await self._passwords.verify(stored.password_hash if stored else None, password):
            await self._count_failure(name, remote)
            raise LoginRefused(too_many=False)
        token, now = secrets.token_urlsafe(32), self._clock()
        row = {"token_hash": _hash(token), "agent": name, "csrf": secrets.token_urlsafe(24)}
        mine = (login_failures.c.agent == name) & (login_failures.c.remote == remote)
        async with self._engine.begin() as connection:
            await connection.execute(sessions.delete().where(sessions.c.created_at < now - ABSOLUTE))
            await connection.execute(sessions.insert().values(**row, created_at=now, seen_at=now))
            await connection.execute(login_failures.delete().where(mine))
        await self._audit.write(name, "login", name, {"remote": remote})
        return token

    async def session(self, token: str, touch: bool = True) -> Session | None:
        """The session of a token, if it still lasts. `touch`: a person did something; the idle time starts again."""
        now, key = self._clock(), _hash(token)
        query = sa.select(sessions.c.csrf, sessions.c.created_at, sessions.c.seen_at, agents).where(
            (sessions.c.token_hash == key) & (agents.c.id == sessions.c.agent) & ~agents.c.disabled
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        if row is None or not _lasts(row.created_at, row.seen_at, now):
            return None
        # Once a minute is enough to know that somebody is there.
        if touch and now - row.seen_at > timedelta(minutes=1):
            async with self._engine.begin() as connection:
                await connection.execute(sessions.update().where(sessions.c.token_hash == key).values(seen_at=now))
        return Session(_person(row), row.csrf, key)

    async def log_out(self, session: Session) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sessions.delete().where(sessions.c.token_hash == session.token_hash))
        await self._audit.write(session.person.id, "logout", session.person.id)

    async def _stored(self, name: str) -> Any:
        async with self._engine.connect() as connection:
            query = sa.select(agents).where((agents.c.id == name) & ~agents.c.disabled)
            return (await connection.execute(query)).first()

    async def _too_many(self, name: str, remote: str) -> bool:
        failed, recent = login_failures.c, login_failures.c.at > self._clock() - WINDOW
        limits = (
            ((failed.agent == name) & (failed.remote == remote), TRIES_EACH),
            (failed.agent == name, TRIES_NAME),
            (failed.remote == remote, TRIES_REMOTE),
        )
        async with self._engine.connect() as connection:
            for who, limit in limits:
                count = sa.select(sa.func.count()).select_from(login_failures).where(who & recent)
                if (await connection.execute(count)).scalar_one() >= limit:
                    return True
        return False

    async def _count_failure(self, name: str, remote: str) -> None:
        now = self._clock()
        async with self._engine.begin() as connection:
            await connection.execute(login_failures.delete().where(login_failures.c.at < now - 4 * WINDOW))
            await connection.execute(login_failures.insert().values(agent=name, remote=remote, at=now))
        await self._audit.write("nobody", "login.failed", name, {"remote": remote})


def csrf_fits(session: Session, given: str) -> bool:
    return hmac.compare_digest(session.csrf.encode(), given.encode("utf-8", "replace"))


def _hash(token: str) -> str:
    # The token has 256 random bits, so a fast hash is enough.
    return hashlib.sha256(token.encode()).hexdigest()


def _lasts(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    return now - created_at < ABSOLUTE and now - seen_at < IDLE


def _person(row: Any) -> Person:
    return Person(row.id, row.name, row.role, tuple(row.skills or ()))
