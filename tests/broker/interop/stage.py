"""What a scenario acts on: one kind of client, one broker, the tap between them, neutral clients on the other side."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from tests.broker.interop.certificates import Certificates
from tests.broker.interop.grounds import Ground
from tests.broker.interop.neutral import Neutral
from tests.broker.interop.tap import SUBACK, UNSUBACK, Line, Tap
from tests.broker.interop.visitor import Foreign, Options, Visitor
from tests.broker.wire import Packet


class Stage:
    """The scenario's own clients have the ids watcher-1, watcher-2, ..."""

    def __init__(self, foreign: Foreign, ground: Ground, tap: Tap, certificates: Certificates) -> None:
        self.foreign = foreign
        self.ground = ground
        self.tap = tap
        self.certificates = certificates
        self._neutrals: list[Neutral] = []

    @contextlib.asynccontextmanager
    async def visit(self, **options: Any) -> AsyncIterator[Visitor]:
        """The client, through the tap, once the broker has answered all that it subscribed to."""
        chosen = Options(port=self.tap.port, **options)
        before = len(self.tap.lines)
        async with self.foreign.visit(chosen) as guest:
            if chosen.subscribe:
                await self.tap.until(lambda: len(self.tap.lines) > before)
                line = self.tap.lines[before]
                wanted = len(chosen.subscribe)
                await self.tap.until(lambda: sum(len(answer.body) - 2 for answer in line.gets(SUBACK)) == wanted)
                await self.tap.until(lambda: len(line.gets(UNSUBACK)) == (chosen.unsubscribe is not None))
            yield guest

    def visit_encrypted(self, **options: Any) -> contextlib.AbstractAsyncContextManager[Visitor]:
        """The client over TLS, which no tap can listen to."""
        return self.foreign.visit(Options(port=self.ground.tls_port, **options))

    async def watch(self, *filters: tuple[str, int], client_id: str | None = None) -> Neutral:
        """A client of our own at the broker, subscribed to `filters`."""
        name = client_id or f"watcher-{len(self._neutrals) + 1}"
        self._neutrals.append(await Neutral.connect(self.ground.port, name, *filters))
        return self._neutrals[-1]

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Publish from the other side."""
        publisher = await self.watch()
        await publisher.publish(topic, payload, qos, retain)

    async def until_gone(self, line: Line) -> None:
        """Wait until a client's connection has ended, as the broker sees it."""
        await self.tap.until(lambda: not line.open)

    async def close(self) -> None:
        for neutral in self._neutrals:
            await neutral.close()


async def rest(watcher: Neutral, stage: Stage, topic: str) -> list[Packet]:
    """All messages to `watcher` before one that is published now to `topic`, which it must have subscribed to."""
    await stage.publish(topic, b"the end")
    came = []
    while (message := await watcher.read()).payload != b"the end":
        came.append(message)
    return came
