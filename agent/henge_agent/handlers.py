"""Handlers: what the board does at each command. They are needed now and then, and forgotten in between."""

import asyncio

from henge_protocol import messages, topics
from henge_protocol.messages import Announcement

from henge_agent.commands import NotDone
from henge_agent.settings import why


async def carry_out(name: str, args: dict, drivers: list, memory, outbox, say):
    """What a command finds. The `drivers` are asked, `memory` knows the document in use, `outbox` takes what is said,
    `say(level, text)` logs. Raises NotDone, and what a driver raises.
    """
    if name == "describe":
        return _describe(drivers, outbox)
    if name == "read":
        return await _read(args.get("what", "readings"), drivers, memory, say)
    if name not in messages.COMMANDS:
        raise NotDone("this agent has no such command; it has " + ", ".join(messages.COMMANDS))
    return None  # whoever answers does it: no answer waits for the seconds that `identify` takes, or for a restart


async def identify(drivers: list, say) -> None:
    """Shows which board it is, for some seconds."""
    await asyncio.gather(*[_show(driver, say) for driver in drivers])


def announcement(drivers: list) -> bytes:
    """What this firmware offers, as it travels."""
    settings: dict = {}
    for driver in drivers:
        settings.update(driver.SETTINGS)
    return Announcement(settings=settings).encode()


async def _show(driver, say) -> None:
    try:
        await driver.identify()
    except Exception as error:
        say("warning", "{} cannot identify: {}".format(type(driver).__name__, why(driver, error)))


def _describe(drivers: list, outbox) -> bytes:
    payload = announcement(drivers)
    outbox.put(topics.SCHEMA, payload, 1)
    return messages.caps_of(payload)


async def _read(what: object, drivers: list, memory, say) -> dict:
    if what == "config":
        epoch, rev, mac, doc = memory.in_use() or (0, 0, b"", b"")
        return {"epoch": epoch, "rev": rev, "doc": doc, "mac": mac}
    if what != "readings":
        raise NotDone("what is config or readings")
    found, text = {}, ""
    for driver in drivers:
        try:
            found.update(await driver.read())
        except Exception as error:  # the others are asked all the same
            text = "{} cannot be read: {}".format(type(driver).__name__, why(driver, error))
            say("warning", text)
    if text and not found:
        raise NotDone(text)
    return found
