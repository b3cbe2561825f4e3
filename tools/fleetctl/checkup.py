"""The checkup: what can be wrong between a person, a server and its boards, each with what to do about it.

Looks and changes nothing. A check that needs what an earlier one did not find is left out.
"""

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from fleetctl import __version__
from fleetctl.client import LOOPBACK, Client, Json
from fleetctl.context import Context, Contexts
from fleetctl.errors import FleetctlError, NotAllowed
from fleetctl.finding import Finding, Level
from fleetctl.portcheck import PortCheck
from fleetctl.ports import MQTT_PORT, MQTTS_PORT, address, is_here, plain, secured

# Seconds that two clocks may differ. HTTP's Date has whole seconds, so 2 means nothing; from 5 on the times of events
# and logs can no longer be put side by side.
_CLOCK_S = 5
_NAMED = 10  # devices named in a line
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
_ASKS_FOR_A_PERSON = ("rejected", "rolled_back", "drifted", "ahead")


class Checkup:
    """Looks at everything from this machine's side. `now` gives the moment, `find` a program's path or None,
    `ports` what is found of this machine's serial ports.
    """

    def __init__(
        self,
        name: str | None,
        now: Callable[[], datetime],
        find: Callable[[], str | None] = lambda: shutil.which("micropython"),
        ports: Callable[[], Iterator[Finding]] = lambda: PortCheck().run(),
    ) -> None:
        self._name = name
        self._now = now
        self._find = find
        self._ports = ports

    def run(self) -> Iterator[Finding]:
        """The findings, as they are made."""
        yield self._micropython()
        yield from self._ports()
        try:
            contexts = Contexts()
            context = contexts.find(self._name)
        except FleetctlError as error:
            yield Finding(Level.FAIL, "context", error.detail)
            return
        yield from _file(contexts, context)
        try:
            with Client(context) as client:
                yield from self._server(client)
                yield from self._broker(client)
        except FleetctlError as error:
            yield Finding(Level.FAIL, "server", error.detail, "Start it, or correct its address in fleetctl.toml.")
            return

    def _server(self, client: Client) -> Iterator[Finding]:
        """Raises NotReachable."""
        answer = client.readiness()
        yield _address(client.context)
        yield _ready(answer)
        yield self._clock(answer)
        yield _version(client.version())
        try:
            devices = list(client.devices())
        except NotAllowed as error:
            todo = "Its token is in the file admin-token of the server's data folder: write it into fleetctl.toml."
            yield Finding(Level.FAIL, "token", error.detail, todo)
            return
        yield Finding(Level.OK, "token", "is accepted")
        yield from _devices(devices)

    def _broker(self, client: Client) -> Iterator[Finding]:
        """Raises NotReachable."""
        context = client.context
        if context.mqtts or not context.mqtt:
            yield from secured(address(context, context.mqtts, MQTTS_PORT), client.ca(), self._now())
        if context.mqtt:
            yield from plain(address(context, context.mqtt, MQTT_PORT), is_here(context))

    def _clock(self, answer: httpx.Response) -> Finding:
        try:
            theirs = parsedate_to_datetime(answer.headers["date"])
        except (KeyError, ValueError):
            return Finding(Level.WARN, "clock", "the server does not say its time", "Is there a proxy in between?")
        apart = abs((self._now() - theirs).total_seconds())
        if apart < _CLOCK_S:
            return Finding(Level.OK, "clock", f"within {_CLOCK_S} s of this machine's")
        todo = "Let both take their time from the network (`timedatectl set-ntp true`)."
        return Finding(Level.WARN, "clock", f"{apart:.0f} s apart from this machine's", todo)

    def _micropython(self) -> Finding:
        found = self._find()
        if found:
            return Finding(Level.OK, "micropython", found)
        todo = "Only `fleetctl demo` needs it: `apt install micropython`, or `./dev demo` in a clone."
        return Finding(Level.WARN, "micropython", "is not installed here", todo)


def _file(contexts: Contexts, context: Context) -> Iterator[Finding]:
    yield Finding(Level.OK, "context", f"{context.name}: {context.server}")
    mode = stat.S_IMODE(contexts.path.stat().st_mode)
    if mode & _OTHERS_MAY:
        text = f"{contexts.path} holds tokens and has mode {mode:04o}: others can read or change it"
        yield Finding(Level.FAIL, "context file", text, f"chmod 600 {contexts.path}")
    else:
        yield Finding(Level.OK, "context file", f"{contexts.path}, mode {mode:04o}")


def _address(context: Context) -> Finding:
    parts = urlsplit(context.server)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        todo = "Reach it through an SSH tunnel or a proxy with TLS: whoever is on the way reads the token."
        return Finding(Level.WARN, "server", f"{context.server} answers, unencrypted", todo)
    return Finding(Level.OK, "server", f"{context.server} answers")


def _ready(answer: httpx.Response) -> Finding:
    if answer.is_success:
        return Finding(Level.OK, "ready", "its store answers, and so does its broker")
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, TypeError, KeyError):
        detail = f"it answered {answer.status_code} to /readyz"
    return Finding(Level.FAIL, "ready", detail, "Mend what it names; the server's log has it with the time.")


def _version(theirs: str) -> Finding:
    if theirs == __version__:
        return Finding(Level.OK, "version", f"{theirs}, as here")
    return Finding(Level.WARN, "version", f"{theirs} there, {__version__} here", "Bring the older one up to date.")


def _devices(devices: list[Json]) -> Iterator[Finding]:
    if not devices:
        yield Finding(
            Level.WARN,
            "devices",
            "none is registered",
            "`fleetctl flash ID` makes one of a board; `fleetctl device add ID` registers one.",
        )
        return
    silent = [device["id"] for device in devices if device["last_heard_at"] is None]
    if silent:
        todo = "Bring each its credential (`fleetctl device rotate ID --out FILE` makes one) and the address above."
        yield Finding(Level.WARN, "devices", f"never connected: {_named(silent)}", todo)
    for sync in _ASKS_FOR_A_PERSON:
        found = [device["id"] for device in devices if device["sync"] == sync]
        if found:
            todo = "`fleetctl config get ID` says why."
            yield Finding(Level.WARN, "devices", f"{sync.replace('_', ' ')}: {_named(found)}", todo)
    online = sum(device["status"] == "online" for device in devices)
    yield Finding(Level.OK, "devices", f"{len(devices)} registered, {online} online")


def _named(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
