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
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis import asyncio as aioredis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import SSLConnection
from redis.asyncio.sentinel import Sentinel

from switchboard.errors import BadSettings

SENTINEL, CLUSTER = "sentinel", "cluster"
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
    return isinstance(redis, RedisCluster)


def near(cluster: RedisCluster, node: ClusterNode, **options: Any) -> aioredis.Redis:
    """A client for one node alone: it follows no redirection, so what is sent together stays on one connection."""
    known = cluster.get_connection_kwargs()
    secure = known.get("connection_class") is SSLConnection
    names = (*_LOGIN, "socket_", *(("ssl_",) if secure else ()))
    kept = {name: value for name, value in known.items() if name.startswith(names)}
    return aioredis.Redis(host=str(node.host), port=int(node.port), ssl=secure, **{**kept, **options})


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
