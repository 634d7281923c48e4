"""Our own web chat at /chat, and the files that browsers load; the list is explicit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_HERE = Path(__file__).parent
OWN = ("chat.js", "chat.css", "chat.words.js", "chat.memory.js", "chat.drawing.js")
VENDOR = {
    "deep-chat.js": "deep-chat/dist/deepChat.bundle.js",
    "socket.io.js": "socket.io-client/dist/socket.io.esm.min.js",
}
"""Name under /static/vendor → file in node_modules."""


def routes(node_modules: Path) -> list[web.RouteDef]:
    """`/chat` and its files."""
    files = {f"/static/chat/{name}": _HERE / name for name in OWN}
    files |= {f"/static/vendor/{name}": node_modules / path for name, path in VENDOR.items()}
    return [web.get("/chat", _serve(_HERE / "chat.html")), *(web.get(url, _serve(file)) for url, file in files.items())]


def _serve(file: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    return handle
