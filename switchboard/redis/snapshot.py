"""All that one Redis holds at one moment, as a file: asked for as a replica asks, so that its disk is not needed."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from urllib.parse import unquote, urlsplit

from switchboard.errors import NotReachable
from switchboard.redis.connection import Client, reaching

MADE_WITHIN_S = 600.0
"""Redis forks and writes its file before the first byte comes."""


async def snapshot(url: str, to: Path) -> None:
    """Write an RDB file, mode 0600, of one server (topology.servers names them). Raises NotReachable."""
    try:
        reader, writer = await _connect(url)
        try:
            await asyncio.wait_for(_fetch(url, reader, writer, to), MADE_WITHIN_S)
        finally:
            writer.close()
    except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
        raise NotReachable(f"redis: no snapshot ({type(error).__name__} {error})") from error


async def leftover(redis: Client) -> Path | None:
    """The snapshot in the folder of a Redis behind a socket that begins with its append-only file and so needs none:
    Redis writes there what it sends, and leaves it. Other addresses may be other machines'. Raises NotReachable.
    """
    pool = getattr(redis, "connection_pool", None)
    if pool is None or "path" not in pool.connection_kwargs:
        return None
    with reaching():
        if not (await redis.info("persistence"))["aof_enabled"]:
            return None
        told = {**await redis.config_get("dir"), **await redis.config_get("dbfilename")}
    path = Path(told["dir"]) / told["dbfilename"]
    return path if path.is_file() else None


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(url.removeprefix("unix://").partition("?")[0])
    tls = ssl.create_default_context() if parts.scheme == "rediss" else None
    return await asyncio.open_connection(parts.hostname, parts.port or 6379, ssl=tls)


async def _fetch(url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: Path) -> None:
    parts = urlsplit(url)
    if parts.password:
        login = [unquote(word) for word in (parts.username, parts.password) if word]
        writer.write(_command("AUTH", *login))
        await _line(reader)
    writer.write(_command("SYNC"))
    line = await _line(reader)
    if not line.startswith(b"$") or not line[1:].isdigit():
        raise NotReachable(f"redis: answered SYNC with {line[:60].decode(errors='replace')}")
    left = int(line[1:])
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while left:
            chunk = await reader.readexactly(min(left, 1 << 20))
            file.write(chunk)
            left -= len(chunk)
        file.flush()
        os.fsync(file.fileno())


async def _line(reader: asyncio.StreamReader) -> bytes:
    """An answer; empty lines say only that Redis is still at it."""
    while (line := await reader.readuntil(b"\n")) == b"\n":
        pass
    if line.startswith(b"-"):
        raise NotReachable(f"redis: {line[1:].decode(errors='replace').strip()}")
    return line.strip()


def _command(*words: str) -> bytes:
    parts = [f"*{len(words)}", *(part for word in words for part in (f"${len(word.encode())}", word))]
    return "\r\n".join([*parts, ""]).encode()
