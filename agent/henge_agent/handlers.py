"""Handlers: what the board does at each command."""

import asyncio

from henge_protocol import messages, topics
from henge_protocol.messages import Announcement

from henge_agent.commands import NotDone
from henge_agent.memory import Memory
from henge_agent.settings import why


class Handlers:
    """`drivers` are asked, `outbox` takes what is said; `say(level, text)` logs.

    `memory` is set at each start, which makes it anew.
    """

    memory: "Memory | None" = None

    def __init__(self, drivers: list, outbox, say) -> None:
        self._drivers = drivers
        self._outbox = outbox
        self._say = say
        self._called = asyncio.Event()
        self.by_name = {
            "identify": self._identify,
            "reboot": self._reboot,
            "describe": self._describe,
            "read": self._read,
        }

    def announcement(self) -> bytes:
        """What this firmware offers, as it travels."""
        settings: dict = {}
        for driver in self._drivers:
            settings.update(driver.SETTINGS)
        return Announcement(settings=settings).encode()

    async def run(self) -> None:
        """Shows which board it is whenever somebody has asked. Until it is cancelled."""
        while True:
            await self._called.wait()
            self._called.clear()
            await asyncio.gather(*[self._show(driver) for driver in self._drivers])

    async def _show(self, driver) -> None:
        try:
            await driver.identify()
        except Exception as error:
            self._say("warning", "{} cannot identify: {}".format(type(driver).__name__, why(driver, error)))

    async def _identify(self, args: dict) -> None:
        self._called.set()  # the answer does not wait for the ten seconds that it takes

    async def _reboot(self, args: dict) -> None:
        pass  # whoever answers does it: the answer has to arrive first

    async def _describe(self, args: dict) -> bytes:
        payload = self.announcement()
        self._outbox.put(topics.SCHEMA, payload, 1)
        return messages.caps_of(payload)

    async def _read(self, args: dict) -> dict:
        what = args.get("what", "readings")
        if what == "config":
            epoch, rev, mac, doc = self.memory.in_use() or (0, 0, b"", b"")  # type: ignore[union-attr]
            return {"epoch": epoch, "rev": rev, "doc": doc, "mac": mac}
        if what != "readings":
            raise NotDone("what is config or readings")
        found, text = {}, ""
        for driver in self._drivers:
            try:
                found.update(await driver.read())
            except Exception as error:  # the others are asked all the same
                text = "{} cannot be read: {}".format(type(driver).__name__, why(driver, error))
                self._say("warning", text)
        if text and not found:
            raise NotDone(text)
        return found
