"""Redis: its policy, its version, its clock, how long a write takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis.exceptions import RedisError

from switchboard.doctor.finding import FAIL, OK, WARN, Finding, graded
from switchboard.doctor.setup import LOOPBACK
from switchboard.errors import BadSettings, NotReachable
from switchboard.readiness import PROBE
from switchboard.redis.connection import Client
from switchboard.redis.leases import alive
from switchboard.redis.stores import Stores
from switchboard.redis.switches import words
from switchboard.redis.topology import hosts, is_cluster, masters
from switchboard.settings import Settings
from switchboard.switches import Switch

POLICY = {
    "appendonly": ("yes", "a restart would lose what waits"),
    "appendfsync": ("always", "a power cut loses what was acknowledged"),
    "maxmemory-policy": ("noeviction", "Redis would forget messages when its memory is full"),
}
BEHIND = "min-replicas-to-write"
WRITES = 20
SLOW_MS, TOO_SLOW_MS = 25.0, 150.0
AHEAD_S, TOO_FAR_AHEAD_S = 0.5, 3.0


async def examined(stores: Stores, settings: Settings) -> tuple[list[Finding], Path | None]:
    """And the folder of its file, where Redis may be on this machine and tells."""
    try:
        await stores.ready()
    except BadSettings as error:
        return [Finding(FAIL, "redis", f"{error}: set RENJI_PARTITIONS to what it was")], None
    except NotReachable as error:
        return [Finding(FAIL, "redis", f"cannot be used: {error}; start it, or set RENJI_REDIS_URL")], None
    found = [Finding(OK, "redis", f"answers, {settings.partitions} partitions"), *_door(settings)]
    try:
        found.append(await _writes(stores.redis))
        async with masters(stores.redis) as nodes:
            for name, node in nodes:
                found += [_at(name, finding) async for finding in _asked(node, settings.redis_replicas)]
        found.append(workers(await alive(stores.redis)))
        found.append(switched_off(await stores.switches.all()))
        near = _is_near(settings) and not is_cluster(stores.redis)
        folder = Path((await _configured(stores.redis, "dir"))["dir"]) if near else None
    except (RedisError, NotReachable, KeyError, OSError) as error:
        return [*found, Finding(WARN, "redis policy", f"cannot be asked ({error}): ask who runs it")], None
    return found, folder


def _is_near(settings: Settings) -> bool:
    return hosts(settings.redis_url) <= {*LOOPBACK, ""}


def _door(settings: Settings) -> Iterator[Finding]:
    if not _is_near(settings) and not urlsplit(settings.redis_url).password:
        yield Finding(
            FAIL,
            "redis password",
            "another machine's Redis without one: set requirepass and name it in RENJI_REDIS_URL",
        )


def _at(name: str, finding: Finding) -> Finding:
    """A node of a Cluster is named."""
    return replace(finding, text=f"{name}: {finding.text}") if name else finding


async def _writes(redis: Client) -> Finding:
    times = []
    for _ in range(WRITES):
        began = time.perf_counter()
        await redis.set(PROBE, 1, ex=60)
        times.append((time.perf_counter() - began) * 1000)
    return writes(sorted(times)[int(WRITES * 0.95) - 1])


async def _asked(redis: Client, replicas: int) -> AsyncIterator[Finding]:
    """Of one server; `replicas` are to be waited for."""
    yield version((await redis.info("server")).get("redis_version", "0"))
    before = time.time()
    seconds, micros = await redis.time()
    yield clock((before + time.time()) / 2 - (seconds + micros / 1e6))
    for finding in memory(await redis.info("memory")):
        yield finding
    for finding in policy(await _configured(redis, *POLICY)):
        yield finding
    least = int((await _configured(redis, BEHIND)).get(BEHIND, 0))
    yield copies(await redis.info("replication"), replicas, least)


async def _configured(redis: Client, *names: str) -> dict[str, str]:
    # Redis 6 takes one name a call; redis-py gives names and values as bytes or text, as its version likes.
    told = [pair for name in names for pair in (await redis.config_get(name)).items()]
    return {_text(name): _text(value) for name, value in told}


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word


def copies(told: Mapping[str, Any], waited: int, least: int) -> Finding:
    """`waited` replicas must have a message; with fewer than `least` the master itself refuses writes."""
    online = sum(1 for name, slave in told.items() if name.startswith("slave") and _is_online(slave))
    if online < waited:
        return Finding(FAIL, "redis replicas", f"{online} are there, {waited} must have each message: all get 503")
    if not online:
        return Finding(OK, "redis replicas", "none, and nobody waits for one")
    if not waited:
        todo = "nobody waits for them, so a fail-over can lose messages: set RENJI_REDIS_REPLICAS=1"
    elif online == waited:
        todo = "and all are waited for: with one more, messages are taken while one is away"
    elif not least:
        todo = f"but a master that was cut off goes on taking writes: set {BEHIND} 1"
    else:
        return Finding(OK, "redis replicas", f"{online} are there, {waited} must have each message")
    return Finding(WARN, "redis replicas", f"{online} are there, {todo}")


def _is_online(slave: Any) -> bool:
    return isinstance(slave, Mapping) and slave.get("state") == "online"


def switched_off(found: Sequence[Switch]) -> Finding:
    if not found:
        return Finding(OK, "switches", "nothing is switched off")
    return Finding(WARN, "switches", f"off by hand: {words(found)}; `switch story` says who did it and why")


def workers(count: int) -> Finding:
    if not count:
        return Finding(FAIL, "workers", "none lives: start one, what is stored waits for it")
    if count == 1:
        return Finding(WARN, "workers", "1 lives: at its end answers wait for seconds, run two (WORKERS=2 make up)")
    return Finding(OK, "workers", f"{count} live")


def version(told: str) -> Finding:
    major, minor = (int(part) for part in f"{told}.0".split(".")[:2])
    if (major, minor) < (6, 2):
        return Finding(FAIL, "redis version", f"{told}: 6.2 is the oldest that works; upgrade")
    if major < 7:
        return Finding(WARN, "redis version", f"{told} gets no more security fixes: use Redis 7 or newer, or Valkey")
    return Finding(OK, "redis version", told)


def clock(ahead_s: float) -> Finding:
    """`ahead_s`: our clock less Redis'."""
    level = graded(abs(ahead_s), AHEAD_S, TOO_FAR_AHEAD_S)
    todo = "" if level == OK else ": run an NTP client on both machines, timers and who is at the desk are told by it"
    return Finding(level, "clock", f"is {ahead_s:+.2f} s from Redis'{todo}")


def writes(took_ms: float) -> Finding:
    level = graded(took_ms, SLOW_MS, TOO_SLOW_MS)
    todo = "" if level == OK else ": see disk fsync, and what else runs on Redis' machine"
    return Finding(level, "redis write", f"takes {took_ms:.1f} ms (p95 of {WRITES}){todo}")


def memory(info: Mapping[str, Any]) -> Iterator[Finding]:
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if not most:
        todo = (
            "set maxmemory to half of the machine's, or the system ends Redis when memory is full, at each start again"
        )
        yield Finding(WARN, "redis memory", f"{used // 1_000_000} MB, no limit of its own: {todo}")
        return
    level = graded(used / most, 0.7, 0.9)
    todo = "" if level == OK else ": raise maxmemory or look at `inspect queues`, when full messages are refused"
    yield Finding(level, "redis memory", f"{100 * used // most} % of its limit{todo}")


def policy(given: Mapping[str, str]) -> Iterator[Finding]:
    for name, (wanted, why) in POLICY.items():
        has = given.get(name, "")
        if has == wanted:
            yield Finding(OK, f"redis {name}", wanted)
        else:
            yield Finding(FAIL, f"redis {name}", f"is {has or 'unknown'}: set {wanted}, {why}")
