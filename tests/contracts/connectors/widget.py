"""A browser that speaks socket.io as widgets made for Rasa do."""

from __future__ import annotations

from contextlib import asynccontextmanager

import socketio

from tests.contracts.connectors.stage import until


class Widget:
    """A browser: what came from the server, by event."""

    def __init__(self, client):
        self.client = client
        self.uttered = []
        self.sessions = []
        self.refused = []
        client.on("bot_uttered", self.uttered.append)
        client.on("session_confirm", self.sessions.append)
        client.on("session_refused", self.refused.append)

    async def start(self, **data):
        count = len(self.sessions)
        await self.client.emit("session_request", data)
        await until(lambda: len(self.sessions) > count)
        return self.sessions[-1]

    async def say(self, message, **custom):
        data = {"message": message, "session_id": self.sessions[-1] if self.sessions else None, "customData": custom}
        return await self.client.call("user_uttered", data, timeout=5)

    @property
    def texts(self):
        return [message["text"] for message in self.uttered]


@asynccontextmanager
async def browser(stage, headers=None, transports=("websocket",)):
    client = socketio.AsyncClient(reconnection=False)
    widget = Widget(client)
    await client.connect(stage.url, headers=headers or {}, transports=list(transports))
    try:
        yield widget
    finally:
        # A client that polls would wait half a minute for its last poll.
        await client.eio.disconnect(abort="polling" in transports)
