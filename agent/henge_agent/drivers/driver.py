"""Driver: the class that every driver begins with. What a setting does to the hardware, and what the hardware says."""

import asyncio


class Driver:
    """A driver declares its settings and overrides what it has a use for. Making one must not touch the hardware yet."""

    SETTINGS: dict = {}  # declarations, as henge_protocol.schema.parse takes them

    def apply(self, values: dict) -> None:
        """Takes the values of all settings, complete and checked.

        Must be quick. May raise, and then gets the old ones again.
        """

    async def run(self, tell) -> None:
        """Goes on until it is cancelled, and sends readings with `await tell({name: value})`."""
        await asyncio.Event().wait()

    async def read(self) -> dict:
        """Readings as they are now, {name: number, text or bool}."""
        return {}

    async def identify(self) -> None:
        """Shows a person for some seconds that it is this board, then goes back to what it did."""


class Dormant(Driver):
    """In a driver's place in safe mode: declares the same, and leaves the hardware alone."""

    def __init__(self, driver: Driver) -> None:
        self.SETTINGS = driver.SETTINGS
