"""All stores on one Redis, wired. Every process opens them once:

stores = open_stores(settings)
await stores.ready()          # refuses a Redis that was started with another number of partitions
...
await stores.close()
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from switchboard.ports import Clock
from switchboard.redis.codes import SmsCodes
from switchboard.redis.connection import Client, connect
from switchboard.redis.conversations import RedisBindings, RedisConversations
from switchboard.redis.copies import Copies
from switchboard.redis.exchange import RedisAccept
from switchboard.redis.incidents import RedisIncidents
from switchboard.redis.keys import Keys, keep_partitions
from switchboard.redis.log import RedisLog
from switchboard.redis.numbers import Numbers, RedisLocks
from switchboard.redis.once import RedisOnce
from switchboard.redis.outbox import RedisWebOutbox
from switchboard.redis.quotes import RedisQuotes
from switchboard.redis.rates import Rates
from switchboard.redis.reach import RedisReach
from switchboard.redis.scripting import Scripts
from switchboard.redis.stepups import RedisStepUps
from switchboard.redis.switches import RedisSwitches
from switchboard.redis.topology import close
from switchboard.redis.trackers import RedisTrackers
from switchboard.redis.vault import RedisVault, Seal
from switchboard.settings import Settings


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Stores:
    """The ports of switchboard/ports.py and crm/operations/ports.py, on Redis."""

    redis: Client
    scripts: Scripts
    keys: Keys
    copies: Copies
    accept: RedisAccept
    rates: Rates
    vault: RedisVault
    trackers: RedisTrackers
    conversations: RedisConversations
    bindings: RedisBindings
    locks: RedisLocks
    quotes: RedisQuotes
    stepups: RedisStepUps
    once: RedisOnce
    codes: SmsCodes
    log: RedisLog
    outbox: RedisWebOutbox
    switches: RedisSwitches
    incidents: RedisIncidents
    reach: RedisReach
    clock: Clock

    async def ready(self) -> None:
        """Raises NotReachable, or BadSettings when RENJI_PARTITIONS is not what this Redis was first started with."""
        await keep_partitions(self.redis, self.keys.partitions)

    async def close(self) -> None:
        await self.copies.close()
        await close(self.redis)


def partition_cap(settings: Settings) -> int:
    """The cap is one number for operators; each partition refuses by itself, so that one script can decide."""
    return -(-settings.in_cap // settings.partitions)


def open_stores(settings: Settings, clock: Clock = utc_now) -> Stores:
    """Connects when first used. The caller closes."""
    redis = connect(settings.redis_url)
    scripts, keys = Scripts(redis), Keys(settings.partitions)
    conversation_key, seal = settings.key("conversation"), Seal(settings.key("vault"))
    copies = Copies(scripts, settings.redis_replicas)
    accept = RedisAccept(copies, keys, conversation_key, seal, partition_cap(settings))
    conversations = RedisConversations(scripts, keys, Numbers(redis, settings.key("number")), clock)
    reach = RedisReach(scripts, keys, conversation_key, clock)
    vault = RedisVault(redis, keys, seal)
    return Stores(
        redis=redis,
        scripts=scripts,
        keys=keys,
        copies=copies,
        accept=accept,
        rates=Rates(scripts, keys, settings, clock),
        vault=vault,
        trackers=RedisTrackers(scripts, keys),
        conversations=conversations,
        bindings=RedisBindings(conversations, reach, clock),
        locks=RedisLocks(redis, settings.key("number"), clock),
        quotes=RedisQuotes(scripts, keys, clock),
        stepups=RedisStepUps(scripts, keys, settings.key("stepup"), clock),
        once=RedisOnce(scripts, keys, clock),
        codes=SmsCodes(accept, clock),
        log=RedisLog(redis, settings.partitions),
        outbox=RedisWebOutbox(scripts, keys, conversation_key, vault, clock),
        switches=RedisSwitches(scripts, clock),
        incidents=RedisIncidents(scripts, keys, clock),
        reach=reach,
        clock=clock,
    )
