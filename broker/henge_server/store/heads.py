"""Heads: which version or rev the next record of each thing must follow. It decides conflicts, and nothing else.

Heads lie on a snapshot, or on the heads that an earlier write of the same batch left.
"""

from typing import Protocol

from henge_server.errors import Conflict
from henge_server.models import Command, Device, Observed, Outcome, Record, Revision, Schema, Tombstone
from henge_server.store import COMMANDS_KEPT, Write
from henge_server.store.pauses import unhurried


class Newest(Protocol):
    """What lies below."""

    def device_version(self, device_id: str) -> int:
        """0 where there is no such device."""
        ...

    def newest_rev(self, device_id: str) -> int | None:
        """None where any rev may be the first."""
        ...

    def newest_version(self, schema: str) -> int:
        """0 where there is no such schema."""
        ...

    def newest_command(self, device_id: str, number: int) -> tuple[int, int]:
        """(number, version) of what is kept in the place of a command; (0, 0) for nothing."""
        ...


_Place = tuple[str, int]  # of a command: its device, and which of those that are kept


class Heads:
    def __init__(self, below: Newest) -> None:
        self._below = below
        self._devices: dict[str, int] = {}
        self._revs: dict[str, int | None] = {}
        self._schemas: dict[str, int] = {}
        self._commands: dict[_Place, tuple[int, int]] = {}
        self._without_commands: set[str] = set()  # devices that were removed

    def device_version(self, device_id: str) -> int:
        if device_id not in self._devices:
            self._devices[device_id] = self._below.device_version(device_id)
        return self._devices[device_id]

    def newest_rev(self, device_id: str) -> int | None:
        if device_id not in self._revs:
            self._revs[device_id] = self._below.newest_rev(device_id)
        return self._revs[device_id]

    def newest_version(self, schema: str) -> int:
        if schema not in self._schemas:
            self._schemas[schema] = self._below.newest_version(schema)
        return self._schemas[schema]

    def newest_command(self, device_id: str, number: int) -> tuple[int, int]:
        place = _place(device_id, number)
        if place not in self._commands:
            is_gone = device_id in self._without_commands
            self._commands[place] = (0, 0) if is_gone else self._below.newest_command(device_id, number)
        return self._commands[place]

    async def follow(self, write: Write) -> None:
        """Moves on to after the write. Raises Conflict where a record of it does not follow, and stays as it was."""
        after = Heads(self)
        await after._move(write)
        self._devices |= after._devices
        self._revs |= after._revs
        self._schemas |= after._schemas
        self._drop_commands(after._without_commands)
        self._commands |= after._commands

    async def _move(self, write: Write) -> None:
        if write.newest_schema is not None:
            self._check_newest(*write.newest_schema)
        if write.removed_device is not None:
            self._check_removal(write.removed_device, write.removed_as)
            self._devices[write.removed_device] = 0
            self._revs[write.removed_device] = None
            self._drop_commands({write.removed_device})
        if write.removed_schema is not None:
            self._schemas[write.removed_schema] = 0
        # A device before what belongs to it, whatever order the caller wrote them down in.
        async for record in unhurried(sorted(write.puts, key=_rank)):
            self._take(record)

    def _take(self, record: Record) -> None:
        match record:
            case Tombstone():
                if self.newest_rev(record.device) is None:
                    self._revs[record.device] = record.rev
            case Device():
                self._check_follows(f"Device {record.id!r}", self.device_version(record.id), record.version)
                self._devices[record.id] = record.version
            case Schema():
                self._check_follows(f"Schema {record.name!r}", self.newest_version(record.name), record.version)
                self._schemas[record.name] = record.version
            case Revision():
                self._check_is_there(record.device)
                newest = self.newest_rev(record.device)
                if newest is not None and record.rev != newest + 1:
                    raise Conflict(f"Device {record.device!r} is at revision {newest}: {record.rev} does not follow.")
                self._revs[record.device] = record.rev
            case Command():
                self._check_is_there(record.device)
                self._check_command(record)
                self._commands[_place(record.device, record.number)] = (record.number, record.version)
            case Observed() | Outcome():
                self._check_is_there(record.device)

    def _check_follows(self, what: str, stored: int, version: int) -> None:
        if version != stored + 1:
            raise Conflict(f"{what} {_state(stored)}: version {version} does not follow.")

    def _check_command(self, command: Command) -> None:
        number, version = self.newest_command(command.device, command.number)
        follows = command.version == version + 1 if command.number == number else command.version == 1
        if command.number < number or not follows:
            raise Conflict(f"Command {command.id} of {command.device!r} was changed by others.")

    def _drop_commands(self, devices: set[str]) -> None:
        self._without_commands |= devices
        self._commands = {place: found for place, found in self._commands.items() if place[0] not in devices}

    def _check_removal(self, device_id: str, decided_by: tuple[int, int | None] | None) -> None:
        # Else a rev or a key generation that was given away meanwhile would be given away again.
        if decided_by not in (None, (self.device_version(device_id), self.newest_rev(device_id))):
            raise Conflict(f"Device {device_id!r} was changed while its removal was decided.")

    def _check_is_there(self, device_id: str) -> None:
        # Else a report that crossed the removal would be found by the next device of that name.
        if self.device_version(device_id) == 0:
            raise Conflict(f"Device {device_id!r} is not there any more.")

    def _check_newest(self, name: str, version: int) -> None:
        stored = self.newest_version(name)
        if version != stored:
            raise Conflict(f"Schema {name!r} {_state(stored)} by now: this was decided by version {version}.")


def _place(device_id: str, number: int) -> _Place:
    return device_id, number % COMMANDS_KEPT


def _state(version: int) -> str:
    return f"is at version {version}" if version else "is not there"


def _rank(record: Record) -> int:
    match record:
        case Tombstone():
            return 0
        case Device():
            return 1
    return 2
