"""One way to Redis: a client with time-outs, and one place where its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    SlotNotCoveredError,
    TimeoutError,
    TryAgainError,
)

from switchboard.errors import NotReachable
from switchboard.redis.topology import CLUSTER, SENTINEL, by_cluster, by_sentinel
from switchboard.redis.wire import Shared

Client = Any
"""A connected Redis. redis-py types each answer as bytes or text; ours are always bytes."""

_PASSING = (
    ConnectionError,
    TimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    OutOfMemoryError,
    ClusterDownError,
    MasterDownError,
    TryAgainError,
    SlotNotCoveredError,
    OSError,
    asyncio.TimeoutError,
)
_PASSING_WORDS = ("OOM ", "MISCONF ", "BUSY ", "LOADING ", "CLUSTERDOWN ", "TRYAGAIN ", "MASTERDOWN ", "NOREPLICAS ")
LOST = (RedisError, RedisClusterException, OSError)
"""What a subscription can end with; whoever listens subscribes again."""
_LOOKING_WORDS = ("cannot be connected", "not covered", "could not agree")
"""How redis-py tells that it found no Cluster, or a Cluster in the middle of a fail-over."""
CALL_S = 5.0
"""No answer is waited for longer, and a call is tried once more; blocking reads and subscriptions bound themselves."""


def connect(url: str, call_s: float = CALL_S) -> Client:
    """A client for an address as switchboard/redis/topology.py lists them; answers are bytes. Opens nothing until it is
    used. Raises BadSettings for an address that names nothing.
    """
    if url.startswith("unix://") and not url.startswith("unix:///"):
        # redis-py reads the first word after unix:// as a host name.
        url = f"unix://{Path(url.removeprefix('unix://')).resolve()}"
    options: dict[str, Any] = {
        "socket_timeout": call_s,
        "socket_connect_timeout": 2.0,
        # After Redis restarts every pooled connection is stale once; each script can be run twice without harm.
        "retry": Retry(ConstantBackoff(0.02), 1),
        "retry_on_error": [ConnectionError],
        "max_connections": 1000,
    }
    if url.startswith(f"{SENTINEL}:"):
        return by_sentinel(url, options)
    if url.startswith(f"{CLUSTER}:"):
        return by_cluster(url, options)
    if url.startswith("rediss:"):
        return aioredis.from_url(url, **options)
    return Shared.from_url(url, **options)


@contextmanager
def reaching() -> Iterator[None]:
    """Inside, whatever means that Redis cannot be used now becomes NotReachable; a fault of ours stays what it is."""
    try:
        yield
    except _PASSING as error:
        raise NotReachable(f"redis: {error}") from error
    except ResponseError as error:
        # Out of memory, a full disk (MISCONF) and a script that was cut short pass by themselves or by a hand.
        # redis-py has classes for some and cuts their word off; Redis 6 puts a script's name before it.
        if any(word in str(error) for word in _PASSING_WORDS):
            raise NotReachable(f"redis: {error}") from error
        raise
    except RedisClusterException as error:
        # What is no such word is a call that a Cluster cannot take: a fault of ours.
        if any(word in str(error) for word in _LOOKING_WORDS):
            raise NotReachable(f"redis: {error}") from error
        raise
    except RedisError as error:
        raise NotReachable(f"redis: {error}") from error
