"""Commands: made, kept until they are answered or their time is over, and what came of them. Decides what is written
and hands it to the store; sending is somebody else's.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from henge_protocol import errors as codes
from henge_protocol import messages
from henge_protocol.errors import Problem

from henge_server.devices import Devices
from henge_server.errors import Conflict, Invalid, NotFound
from henge_server.models import AuditEntry, Change, ChangeKind, Command, CommandState
from henge_server.moments import Clock
from henge_server.store import COMMANDS_KEPT, Store, Write

_TRIES = 8  # against writers that are faster; each failure means that another write succeeded
_ID_BYTES = 4  # at random, so that a device which was removed and added again takes no command for an old one

CONFIG = "config"
_ARGUMENTS: dict[str, dict[str, tuple[str, ...]]] = {"read": {"what": (CONFIG,)}}

_RESTARTED = "it has started again"

_MOST_OPEN = 4  # commands of a device that wait at a time: as many as its agent lets wait
_WHY_CHARACTERS = 200  # of what a device says of its failure, in an event


@dataclass(frozen=True, slots=True)
class Open:
    """The commands of a device that are unanswered, oldest first: those to be sent now, and when the first of all is
    over (ms).
    """

    to_send: list[Command]
    next_expiry: int | None


class Commands:
    def __init__(self, store: Store, devices: Devices, clock: Clock) -> None:
        self._store = store
        self._devices = devices
        self._clock = clock

    async def make(self, device_id: str, name: str, args: dict, ttl_s: float, by: str) -> Command:
        """A new command, which waits for its device for `ttl_s` seconds. Raises NotFound, Invalid, Conflict."""
        _check(name, args)
        for _ in range(_TRIES):
            await self._devices.get(device_id)
            newest = next(iter(await self._store.commands(device_id)), None)
            command = self._new(device_id, newest.number + 1 if newest else 1, name, args, ttl_s, by)
            await self._check_room(command)
            detail = {"id": command.id, "args": args}
            audit = AuditEntry(at=command.at, by=by, action=f"command.{name}", target=device_id, detail=detail)
            try:
                await self._store.write(Write(puts=[command], changes=[_change(command, command.at)], audit=[audit]))
            except Conflict:
                continue
            return command
        raise Conflict(f"Device {device_id!r} is being given commands by others all the time; try again.")

    async def get(self, device_id: str, command_id: str) -> Command:
        """Raises NotFound, also for one that is kept no longer."""
        await self._devices.get(device_id)
        found = await self._find(device_id, command_id)
        if found is None:
            raise NotFound(
                f"{device_id} has no command {command_id!r}; only the newest are kept. "
                f"`fleetctl device commands {device_id}` shows them."
            )
        return self._as_of_now(found)

    async def all(self, device_id: str) -> list[Command]:
        """Those that are kept, newest first. Raises NotFound."""
        await self._devices.get(device_id)
        return [self._as_of_now(command) for command in await self._store.commands(device_id)]

    async def advance(self, device_id: str, is_connected: bool, again: bool) -> Open:
        """Writes what time and the connection make of a device's commands. `again`: what was sent before is to be sent
        once more, for the connection is a new one.
        """
        for _ in range(_TRIES):
            found = [c for c in reversed(await self._store.commands(device_id)) if c.is_unanswered]
            if not found:
                return Open([], None)
            now, boot = self._clock(), await self._boot(device_id)
            changed = [_advanced(command, now, boot, is_connected) for command in found]
            write = _write_of([one for one, before in zip(changed, found, strict=True) if one is not before], now)
            try:
                if write.puts:
                    await self._store.write(write)
            except Conflict:
                continue
            left = [command for command in changed if command.is_open(now)]
            fresh = {before.id for before in found if before.state is CommandState.WAITING}
            to_send = [command for command in left if is_connected and (again or command.id in fresh)]
            return Open(to_send, min((command.expires_at for command in left), default=None))
        raise Conflict(f"The commands of {device_id!r} are being changed all the time.")

    async def answered(self, device_id: str, result: messages.Result) -> Write | None:
        """What a device's result adds to the store; None where it answers nothing that is waited for.

        One that comes late counts: it tells what the device did.
        """
        command = await self._find(device_id, result.id)
        if command is None or command.state in (CommandState.DONE, CommandState.FAILED):
            return None
        state = CommandState.DONE if result.ok else CommandState.FAILED
        now = self._clock()
        return _write_of([_next(command, state=state, finished_at=now, result=result.data)], now)

    def _new(self, device_id: str, number: int, name: str, args: dict, ttl_s: float, by: str) -> Command:
        now = self._clock()
        return Command(
            device=device_id,
            number=number,
            version=1,
            id=f"{number}-{secrets.token_hex(_ID_BYTES)}",
            name=name,
            args=args,
            at=now,
            by=by,
            expires_at=now + round(ttl_s * 1000),
        )

    async def _check_room(self, command: Command) -> None:
        """A command that is still waited for must not be forgotten, and a board can do only so much at once."""
        waiting = [c for c in await self._store.commands(command.device) if c.is_open(command.at)]
        if len(waiting) < _MOST_OPEN and all(c.number > command.number - COMMANDS_KEPT for c in waiting):
            return
        raise Conflict(
            f"{command.device} has {len(waiting)} commands that it has not answered. Wait until their time is over; "
            f"`fleetctl device commands {command.device}` shows them."
        )

    async def _find(self, device_id: str, command_id: str) -> Command | None:
        number, _, _ = command_id.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        found = await self._store.command(device_id, int(number))
        return found if found and found.id == command_id else None

    async def _boot(self, device_id: str) -> int | None:
        observed = await self._store.observed(device_id)
        return observed.boot if observed else None

    def _as_of_now(self, command: Command) -> Command:
        """A command whose time is over has expired, also where nobody was there to write that down."""
        if command.is_unanswered and not command.is_open(self._clock()):
            return command.model_copy(update={"state": CommandState.EXPIRED, "finished_at": command.expires_at})
        return command


def _check(name: str, args: dict) -> None:
    """Raises Invalid where there is no such command, or it does not take these arguments."""
    problems = []
    if name not in messages.COMMANDS:
        text = f"there is no command {name!r}; those are {', '.join(messages.COMMANDS)}"
        problems.append(Problem("name", codes.NOT_A_CHOICE, text))
    for key, value in args.items():
        allowed = _ARGUMENTS.get(name, {}).get(key)
        if allowed is None:
            problems.append(Problem(f"args.{key}", codes.UNKNOWN_KEY, f"{name} takes no argument {key!r}"))
        elif value not in allowed:
            problems.append(Problem(f"args.{key}", codes.NOT_A_CHOICE, f"{key} is one of {', '.join(allowed)}"))
    if problems:
        raise Invalid("Nothing was sent.", problems)


def _advanced(command: Command, now: int, boot: int | None, is_connected: bool) -> Command:
    """What time and the connection make of an unanswered command; the same object where nothing."""
    if not command.is_open(now):
        return _next(command, state=CommandState.EXPIRED, finished_at=command.expires_at)
    if command.state is CommandState.WAITING and is_connected:
        return _next(command, state=CommandState.SENT, sent_at=now, boot=boot)
    if command.state is CommandState.SENT and command.name == "reboot" and _has_restarted(command, boot):
        # Its answer was lost. Sent again, the reboot would be done again: the board has forgotten that it did it.
        return _next(command, state=CommandState.DONE, finished_at=now, result=_RESTARTED)
    return command


def _has_restarted(command: Command, boot: int | None) -> bool:
    return None not in (command.boot, boot) and command.boot != boot


def _next(command: Command, **fields: Any) -> Command:
    return command.model_copy(update={"version": command.version + 1, **fields})


def _write_of(changed: list[Command], now: int) -> Write:
    return Write(puts=[*changed], changes=[_change(command, now) for command in changed])


def _change(command: Command, now: int) -> Change:
    data = {"id": command.id, "name": command.name, "state": str(command.state), "by": command.by}
    if command.state is CommandState.FAILED and isinstance(command.result, str):
        data["why"] = command.result[:_WHY_CHARACTERS]
    return Change(at=now, kind=ChangeKind.COMMAND, device=command.device, data=data)
