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
    RedisError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

from switchboard.errors import NotReachable

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
    OSError,
    asyncio.TimeoutError,
)
_PASSING_WORDS = ("OOM ", "MISCONF ", "BUSY ", "LOADING ", "CLUSTERDOWN ", "TRYAGAIN ", "MASTERDOWN ", "NOREPLICAS ")
CALL_S = 5.0
"""No call waits longer; blocking reads and subscriptions bound themselves."""


def connect(url: str, call_s: float = CALL_S) -> Client:
    """A client for `unix://path` or `redis://host:port/db`; answers are bytes. Opens nothing until it is used."""
    if url.startswith("unix://") and not url.startswith("unix:///"):
        # redis-py reads the first word after unix:// as a host name.
        url = f"unix://{Path(url.removeprefix('unix://')).resolve()}"
    return aioredis.from_url(
        url,
        socket_timeout=call_s,
        socket_connect_timeout=2.0,
        # After Redis restarts every pooled connection is stale once; each script can be run twice without harm.
        retry=Retry(ConstantBackoff(0.02), 1),
        retry_on_error=[ConnectionError],
        max_connections=1000,
    )


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
    except RedisError as error:
        raise NotReachable(f"redis: {error}") from error
