"""One way to Redis: a client with time-outs, and one place where its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, ReadOnlyError, RedisError, ResponseError, TimeoutError

from switchboard.errors import NotReachable

CALL_S = 5.0
"""No call waits longer; blocking reads and subscriptions bound themselves."""


def connect(url: str, call_s: float = CALL_S) -> aioredis.Redis:
    """A client for `unix://path` or `redis://host:port/db`; answers are bytes. Opens nothing until it is used."""
    if url.startswith("unix://") and not url.startswith("unix:///"):
        # redis-py reads the first word after unix:// as a host name.
        url = f"unix://{_absolute(url.removeprefix('unix://'))}"
    return aioredis.from_url(
        url,
        socket_timeout=call_s,
        socket_connect_timeout=2.0,
        # After Redis restarts every pooled connection is stale once; each script can be run twice without harm.
        retry=Retry(ConstantBackoff(0.02), 1),
        retry_on_error=[ConnectionError],
        max_connections=1000,
    )


def _absolute(path: str) -> str:
    from pathlib import Path

    return str(Path(path).resolve())


@contextmanager
def reaching() -> Iterator[None]:
    """Inside, whatever means that Redis cannot be used now becomes NotReachable; a fault of ours stays what it is."""
    try:
        yield
    except (ConnectionError, TimeoutError, BusyLoadingError, ReadOnlyError, OSError, asyncio.TimeoutError) as error:
        raise NotReachable(f"redis: {error}") from error
    except ResponseError as error:
        # Out of memory, a full disk (MISCONF) and a script that was cut short pass by themselves or by an operator's hand.
        if str(error).startswith(("OOM", "MISCONF", "BUSY", "LOADING", "CLUSTERDOWN", "TRYAGAIN")):
            raise NotReachable(f"redis: {error}") from error
        raise
    except RedisError as error:
        raise NotReachable(f"redis: {error}") from error
