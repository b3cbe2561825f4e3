"""Adoption: what a device's firmware announced becomes a schema, and the device is put under it. So a board whose
drivers nobody here knows can be configured without anyone writing a schema.
"""

from dataclasses import dataclass
from typing import Any

from henge_protocol.errors import Problem
from henge_protocol.verdicts import is_key

from henge_server.announcements import Announcements
from henge_server.configs import Configs
from henge_server.devices import Devices
from henge_server.errors import Exists, NotFound
from henge_server.models import Announcement, Schema
from henge_server.schemas import Schemas
from henge_server.store import Store

_NAME_LENGTH = 60  # characters at most: those of a key
_FALLBACK = "board"  # the name of a schema whose board has none that could be one

Settings = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Adopted:
    """The schema that a device is under now. `is_new`: the adoption made that version; `others`: how many devices that
    version took along; `dropped`: own values of the device that it does not take, and that are gone.
    """

    schema: Schema
    is_new: bool
    others: int
    rev: int
    dropped: list[Problem]


class Adoption:
    def __init__(
        self, store: Store, devices: Devices, announcements: Announcements, schemas: Schemas, configs: Configs
    ) -> None:
        self._store = store
        self._devices = devices
        self._announcements = announcements
        self._schemas = schemas
        self._configs = configs

    async def announced(self, device_id: str) -> Announcement:
        """What a device's firmware can be told. Raises NotFound."""
        await self._devices.get(device_id)
        found = await self._announcements.by(device_id)
        if found is None:
            raise NotFound(
                f"The firmware of {device_id} has announced nothing: the device was not connected yet, or its firmware "
                f"cannot announce its settings. `fleetctl device show {device_id}` says when it was last heard."
            )
        return found

    async def adopt(self, device_id: str, name: str | None, by: str) -> Adopted:
        """Makes the schema where there is none of that content, and moves the device. Without a name it has that of
        the board.

        Raises NotFound, BadRequest (no name for a schema), Exists, InUse, Invalid, Conflict.
        """
        announced = await self.announced(device_id)
        name = name or await self._board_name(device_id)
        newest = await self._store.schema(name)
        if newest and (why := _taken_away(newest.settings, announced.settings)):
            raise Exists(
                f"There is a schema {name!r} that is not what {device_id} announces: {why}. Adopt it under another "
                f"name (--name NAME), or put the device under that schema as it is: "
                f"`fleetctl device change {device_id} --schema {name}`."
            )
        was_under = (await self._configs.newest(device_id)).schema_name == name
        applied = await self._schemas.apply(name, announced.settings, by)
        written, dropped = await self._configs.adopt(device_id, name, by)
        others = max(0, applied.devices - was_under)
        return Adopted(applied.schema, applied.is_new, others, written.revision.rev, dropped)

    async def _board_name(self, device_id: str) -> str:
        observed = await self._store.observed(device_id)
        return schema_name(observed.board if observed else "")


def schema_name(board: str) -> str:
    """A name for a schema out of what a board calls itself: `Pico W` gives `pico-w`."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in board.lower()).split()
    name = "-".join(words)[:_NAME_LENGTH].lstrip("-0123456789")
    name = name.rstrip("-")
    return name if is_key(name.replace("-", "_")) else _FALLBACK


def _taken_away(before: Settings, after: Settings) -> str:
    """What a schema would lose as a version of other settings; empty where it would only gain."""
    gone = sorted(before.keys() - after.keys())
    if gone:
        return f"it also has {', '.join(gone[:3])}" + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
    for key, declaration in sorted(before.items()):
        if (declaration["type"], declaration.get("secret")) != (after[key]["type"], after[key].get("secret")):
            return f"{key} is of another type there"
    return ""
