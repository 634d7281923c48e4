"""Which Redis it is: one server, the master that Sentinels name, or a Cluster.

| address | what it names |
|---|---|
| `unix://path`, `redis://host:port/0`, `rediss://…` | one server |
| `sentinel://[user:password@]host:port[,host:port…]/name` | the master `name`; user and password are Redis' |
| `cluster://[user:password@]host:port[,host:port…]` | some nodes of a Cluster; the others are found |

`?tls=1` behind the last two: TLS to Redis (and to the Sentinels).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from redis import asyncio as aioredis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import SSLConnection
from redis.asyncio.sentinel import Sentinel

from switchboard.errors import BadSettings, NotReachable

SENTINEL, CLUSTER = "sentinel", "cluster"
SLOTS = 16384
LOOK_S = 1.0
"""A Sentinel that does not answer within it is passed over."""
_LOGIN = ("username", "password")


@dataclass(frozen=True)
class Place:
    """A parsed address of Sentinels or of a Cluster."""

    hosts: tuple[tuple[str, int], ...]
    name: str
    login: Mapping[str, Any]
    tls: bool


def place(url: str) -> Place:
    """Raises BadSettings."""
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    try:
        named = tuple((host.strip("[]"), int(port)) for host, _, port in (h.rpartition(":") for h in hosts.split(",")))
    except ValueError:
        named = ()
    name = parts.path.strip("/")
    if not named or not all(host for host, _ in named) or (parts.scheme == SENTINEL) != bool(name):
        form = "sentinel://host:port,host:port/name" if parts.scheme == SENTINEL else "cluster://host:port,host:port"
        raise BadSettings(f"RENJI_REDIS_URL is not like {form}")
    username, _, password = user.rpartition(":") if ":" in user else ("", "", user)
    login = {"username": unquote(username), "password": unquote(password)}
    tls = parse_qs(parts.query).get("tls") == ["1"]
    return Place(named, name, {key: value for key, value in login.items() if value}, tls)


def by_sentinel(url: str, options: Mapping[str, Any]) -> Any:
    """A client for whoever is the master now. `close` it, not only the client."""
    at = place(url)
    looking: dict[str, Any] = {"socket_timeout": LOOK_S, "socket_connect_timeout": LOOK_S}
    secure: dict[str, Any] = {"ssl": True} if at.tls else {}
    sentinels = Sentinel(list(at.hosts), sentinel_kwargs={**looking, **secure}, **at.login, **options, **secure)
    return sentinels.master_for(at.name)


def by_cluster(url: str, options: Mapping[str, Any]) -> RedisCluster:
    at = place(url)
    nodes = [ClusterNode(host, port) for host, port in at.hosts]
    return RedisCluster(startup_nodes=nodes, ssl=at.tls, **at.login, **options)


def is_cluster(redis: Any) -> bool:
    kind: Any = type(redis)
    return _of_cluster(kind)


@cache
def _of_cluster(kind: Any) -> bool:
    # redis-py's client is an abstract class: to ask each time costs more than a call.
    return issubclass(kind, RedisCluster)


def near(cluster: RedisCluster, node: ClusterNode, **options: Any) -> aioredis.Redis:
    """A client for one node alone: it follows no redirection, so what is sent together stays on one connection."""
    known = cluster.get_connection_kwargs()
    secure = known.get("connection_class") is SSLConnection
    names = (*_LOGIN, "socket_", *(("ssl_",) if secure else ()))
    kept = {name: value for name, value in known.items() if name.startswith(names)}
    return aioredis.Redis(host=str(node.host), port=int(node.port), ssl=secure, **{**kept, **options})


def beside(server: Any, host: str, port: int) -> aioredis.Redis:
    """A client for another server that takes the same log-in, such as a replica of this one."""
    pool = server.connection_pool
    secure = issubclass(pool.connection_class, SSLConnection) or bool(pool.connection_kwargs.get("ssl"))
    names = (*_LOGIN, "socket_timeout", "socket_connect_timeout", *(("ssl_",) if secure else ()))
    kept = {name: value for name, value in pool.connection_kwargs.items() if name.startswith(names)}
    return aioredis.Redis(host=host, port=port, ssl=secure, **kept)


@asynccontextmanager
async def masters(redis: Any) -> AsyncIterator[list[tuple[str, Any]]]:
    """Clients for each master alone, with names in a Cluster; for anything else the client itself, under ""."""
    if not isinstance(redis, RedisCluster):
        yield [("", redis)]
        return
    await redis.initialize()
    found = [(node.name, near(redis, node)) for node in redis.get_primaries()]
    try:
        yield found
    finally:
        for _, client in found:
            await client.aclose()


async def servers(url: str, redis: Any) -> list[tuple[str, list[tuple[int, int]]]]:
    """Addresses of single servers that hold everything together: the one, the master that Sentinels name now, or each
    master of a Cluster with the ranges of its slots, in their order. Raises what redis-py raises, NotReachable where
    some slots have no master.
    """
    kind = urlsplit(url).scheme
    if kind == SENTINEL:
        return [(_single(place(url), *await redis.connection_pool.get_master_address()), [])]
    if kind != CLUSTER:
        return [(url, [])]
    await redis.initialize()
    ranges: dict[tuple[str, int], list[tuple[int, int]]] = {}
    covered = redis.nodes_manager.slots_cache
    for slot in range(SLOTS):
        if not covered.get(slot):
            raise NotReachable(f"redis: no master has slot {slot}")
        held = ranges.setdefault((covered[slot][0].host, covered[slot][0].port), [])
        if held and held[-1][1] == slot - 1:
            held[-1] = (held[-1][0], slot)
        else:
            held.append((slot, slot))
    return [(_single(place(url), host, port), held) for (host, port), held in ranges.items()]


def _single(at: Place, host: str, port: int) -> str:
    login = ":".join(quote(at.login.get(key, ""), safe="") for key in _LOGIN) if at.login else ""
    where = f"[{host}]" if ":" in host else host
    return f"{'rediss' if at.tls else 'redis'}://{login}{'@' if login else ''}{where}:{port}"


def hosts(url: str) -> set[str]:
    """Who is asked; "" for a socket. Raises BadSettings."""
    if url.startswith((f"{SENTINEL}:", f"{CLUSTER}:")):
        return {host for host, _ in place(url).hosts}
    return {"" if url.startswith("unix:") else urlsplit(url).hostname or ""}


async def close(redis: Any) -> None:
    """The client, and the Sentinels that it asked."""
    sentinels = getattr(getattr(redis, "connection_pool", None), "sentinel_manager", None)
    await redis.aclose()
    if sentinels is not None:
        await sentinels.aclose()
