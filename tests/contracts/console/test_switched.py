"""Every act of switching becomes a row of the audit, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from redis import asyncio as aioredis
from sqlalchemy.ext.asyncio import AsyncEngine

from console import switched, tables
from console.audit import Audit
from console.switched import carry
from switchboard.redis.scripting import Scripts
from switchboard.redis.switches import RedisSwitches
from switchboard.tasks import end

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=timezone.utc)


async def test_who_switched_what_when_and_why_is_in_the_audit_once(engine: AsyncEngine, redis: aioredis.Redis) -> None:
    switches, audit = RedisSwitches(Scripts(redis), lambda: NOW), Audit(engine, lambda: NOW)
    await switches.off("operation", "change_plan", "wang", "资费表有误", NOW)
    await switches.on("operation", "change_plan", "li", "已更正")
    assert await carry(switches.story, audit) == 2
    assert await carry(switches.story, audit) == 0
    async with engine.connect() as connection:
        rows = (await connection.execute(sa.select(tables.audit).order_by(tables.audit.c.number))).all()
    assert [(r.actor, r.action, r.subject) for r in rows] == [
        ("wang", "switch.off", "operation:change_plan"),
        ("li", "switch.on", "operation:change_plan"),
    ]
    assert json.loads(rows[0].detail) == {"why": "资费表有误", "until": NOW.isoformat(), "at": NOW.isoformat()}
    assert await audit.verify() == 2


async def test_an_act_that_cannot_be_carried_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, logged: list[MutableMapping[str, Any]]
) -> None:
    asked, again = [], asyncio.Event()

    async def broken(*_: object) -> int:
        asked.append(1)
        if len(asked) > 1:
            again.set()
        raise ValueError("资费表有误")

    monkeypatch.setattr(switched, "carry", broken)
    monkeypatch.setattr(switched, "EVERY_S", 0.0)
    task = asyncio.create_task(switched.carry_on(None, None))  # type: ignore[arg-type]
    await asyncio.wait([task, waiting := asyncio.create_task(again.wait())], return_when=asyncio.FIRST_COMPLETED)
    await end(task, waiting)
    assert logged[0] == {"event": "acts_not_audited", "of": "switch", "error": "ValueError", "log_level": "error"}
    assert len(asked) > 1
