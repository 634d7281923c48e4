"""Addresses of Sentinels and Clusters, and what their errors mean."""

from __future__ import annotations

import pytest
from redis import exceptions
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool

from switchboard.errors import BadSettings, NotReachable
from switchboard.redis.connection import connect, reaching
from switchboard.redis.topology import hosts, is_cluster, place


def test_sentinels_are_named_with_the_master_that_they_watch() -> None:
    at = place("sentinel://renji:p%40ss@10.0.0.1:26379,10.0.0.2:26380/main?tls=1")
    assert (at.hosts, at.name, at.tls) == ((("10.0.0.1", 26379), ("10.0.0.2", 26380)), "main", True)
    assert at.login == {"username": "renji", "password": "p@ss"}
    assert place("sentinel://secret@a:1/main").login == {"password": "secret"}


def test_a_cluster_is_named_by_some_of_its_nodes() -> None:
    at = place("cluster://a:7000,[::1]:7001")
    assert (at.hosts, at.name, dict(at.login), at.tls) == ((("a", 7000), ("::1", 7001)), "", {}, False)


@pytest.mark.parametrize(
    "url", ["sentinel://a:1", "sentinel://a/main", "cluster://a:1/main", "cluster://a:x", "cluster://", "cluster://a"]
)
def test_an_address_that_names_nothing_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="RENJI_REDIS_URL is not like (sentinel|cluster)://"):
        connect(url)


def test_who_is_asked_is_known_for_each_kind_of_address() -> None:
    assert hosts("unix://var/redis.sock") == hosts("unix:///run/redis.sock") == {""}
    assert hosts("redis://:p@db:6379/0") == {"db"}
    assert hosts("cluster://a:1,b:2") == {"a", "b"}


async def test_each_kind_of_address_gets_its_client() -> None:
    cluster, master = connect("cluster://127.0.0.1:1"), connect("sentinel://127.0.0.1:1/main")
    assert isinstance(cluster, RedisCluster) and is_cluster(cluster)
    assert isinstance(master.connection_pool, SentinelConnectionPool) and not is_cluster(master)


@pytest.mark.parametrize("url", ["cluster://127.0.0.1:1", "sentinel://127.0.0.1:1/main"])
async def test_nobody_there_is_not_reachable(url: str) -> None:
    redis = connect(url)
    with pytest.raises(NotReachable), reaching():
        await redis.get("a")


def test_a_cluster_in_a_fail_over_is_not_reachable_and_a_call_it_cannot_take_is_a_fault() -> None:
    with pytest.raises(NotReachable), reaching():
        raise exceptions.SlotNotCoveredError("Slot 5 is not covered by the cluster.")
    with pytest.raises(exceptions.RedisClusterException), reaching():
        raise exceptions.RedisClusterException("MGET - all keys must map to the same key slot")
