"""Driver: what a setting does to the hardware, the base class of all of them, and the time that they wait by.

A driver declares its settings and holds its numbers, in one file. It knows no network, no flash and no other driver.
"""

import asyncio

from henge_agent.compat import TICKS_PERIOD, ticks_ms


class Driver:
    """Every method may be left out. `SETTINGS` maps keys to declarations, as henge_protocol.schema.parse takes them."""

    SETTINGS: dict = {}

    def apply(self, values: dict) -> None:
        """Gets the values of all settings of the board, complete and checked, at the start and whenever one of this
        driver's has changed. Must be quick. May raise: the document is refused then, with the text of the error, and
        the old values are applied again.
        """

    async def run(self, tell) -> None:
        """Goes on until it is cancelled; `await tell({name: value})` sends readings. What it raises is logged, and it
        is started again later.
        """
        await asyncio.Event().wait()

    async def identify(self) -> None:
        """Shows a person for some seconds which board this is."""

    async def read(self) -> dict:
        """Readings now, {name: value}. May raise."""
        return {}

    def declare(self, settings: dict, defaults: dict) -> None:
        """Adds settings to this one object's, with the defaults of its board: {key: value}."""
        self.SETTINGS = dict(self.SETTINGS)
        for key, declaration in settings.items():
            self.SETTINGS[key] = dict(declaration)
            if key in defaults:
                self.SETTINGS[key]["default"] = defaults[key]


class Dormant(Driver):
    """In a driver's place in safe mode: declares the same, and leaves the hardware alone."""

    def __init__(self, driver: Driver) -> None:
        self.SETTINGS = driver.SETTINGS


class Time:
    """Time as drivers have it. A test hands them one that is moved by hand."""

    def ms(self) -> int:
        """A count of milliseconds that wraps."""
        return ticks_ms()

    def since(self, earlier: int) -> int:
        """Milliseconds since `ms` gave `earlier`."""
        return (self.ms() - earlier) % TICKS_PERIOD

    async def sleep(self, seconds: float) -> None:
        """Lets so many seconds pass."""
        await asyncio.sleep(seconds)

    async def pause(self, event: asyncio.Event, seconds: float) -> None:
        """Waits for the event, for so many seconds at most."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except asyncio.TimeoutError:
            pass  # the time is over


def pin_id(text: str) -> "int | str":
    """A pin as `machine.Pin` takes it: a number, or a name that the board knows, like LED. Raises ValueError."""
    if not text:
        raise ValueError("no pin is set")
    return int(text) if text.isdigit() else text


def check_pin(values: dict, mine: str) -> None:
    """Raises ValueError where another driver uses the pin that the setting `mine` names, `led.pin` for one."""
    users = []
    for key in values:
        if key.endswith(".pin") and values[key] == values[mine]:
            if values.get(key[:-3] + "kind") not in ("none", "chip"):  # these have no wire
                users.append(key)
    if mine in users and len(users) > 1:
        users.remove(mine)
        raise ValueError("pin '{}' is {} too".format(values[mine], users[0]))


def why(error: Exception) -> str:
    """What the hardware's own modules have to say, which is not always a text."""
    return str(error) or type(error).__name__
