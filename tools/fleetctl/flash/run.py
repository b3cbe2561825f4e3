"""Run: one `fleetctl flash` from the command line to the sentence at its end. Asks before it changes anything.

Whatever happens, the board goes on afterwards with what it has: looking at it has interrupted its program.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from henge_protocol.topics import is_device_id

from fleetctl import serialports
from fleetctl.client import Client
from fleetctl.errors import Failed, FleetctlError, Interrupted, Refused, Usage
from fleetctl.flash import images, server, uf2, wifi
from fleetctl.flash.asked import Asked
from fleetctl.flash.choice import choose
from fleetctl.flash.flasher import Flasher
from fleetctl.flash.knock import NoPrompt
from fleetctl.flash.micropython import Installer, Tools
from fleetctl.flash.order import Order, Plan, plan
from fleetctl.flash.progress import Progress
from fleetctl.session import Session
from fleetctl.terminal import confirm

_KINDS = ("esp32", "pico")
_NOT_FOUND = 404
_PORT_S = 15.0  # a chip with USB of its own is away for a few seconds when it starts
_EVERY_S = 0.5


class Run:
    """`tools` act on the board."""

    def __init__(self, session: Session, asked: Asked, tools: Tools | None = None) -> None:
        self._session = session
        self._asked = asked
        self._tools = tools or Tools()
        self._progress = Progress()

    def flash(self) -> None:
        """Raises FleetctlError where the board is not online in the end."""
        try:
            self._flash()
        except KeyboardInterrupt:
            raise Interrupted("The board goes on with what it has; the same command goes on from here.") from None

    def _flash(self) -> None:
        asked = self._asked
        if asked.kind not in ("", *_KINDS):
            raise Usage(f"--board {asked.kind!r} is none of {', '.join(_KINDS)}.")
        if not is_device_id(asked.device):
            raise Usage(f"{asked.device!r} is no device id: lower-case letters, digits, hyphens; at most 63.")
        with self._session.client() as client:
            device = self._known(client)
            order = self._order(client)
            if asked.micropython:
                self._bring_micropython()
            port = self._port_of(asked.kind, patient=bool(asked.micropython))
            flasher = Flasher(client, self._tools.mpremote(port), self._progress)
            with _restarting(flasher):
                todo = self._agreed(flasher, order, device, port)
            if not todo:
                flasher.restart()
                return
            order, steps = todo
            with _restarting(flasher):
                flasher.perform(order, steps)
            self._tell(flasher.start(asked.device, steps.found.uid, asked.wait_s), steps)

    def _known(self, client: Client) -> dict[str, Any] | None:
        """What the server knows of the device; None where it is not registered. Raises Refused."""
        try:
            return client.device(self._asked.device)
        except Refused as refused:
            if refused.status != _NOT_FOUND or self._asked.replaces:
                raise
            return None

    def _order(self, client: Client) -> Order:
        asked = self._asked
        address = server.given(asked.server) if asked.server else server.told(client.context)
        ca = client.ca() if address.startswith("mqtts:") else ""
        server.check(address, ca)
        networks = wifi.read(asked.wifi) if asked.wifi else None
        if not networks and wifi.default_path().is_file():
            networks = wifi.read(wifi.default_path())
        return Order(
            device=asked.device,
            server=address,
            ca=ca,
            kind=asked.kind,
            own=asked.firmware,
            schema=asked.schema,
            wifi=networks,
            country=wifi.country(asked.country) if asked.country else "",
            ntp="" if asked.ntp == "none" else asked.ntp,
            credential=_credential(asked.credential, asked.device) if asked.credential else None,
            new_credential=asked.new_credential,
        )

    def _bring_micropython(self) -> None:
        asked = self._asked
        image = images.read(images.find(asked.micropython, asked.kind or "esp32"))
        installer = Installer(self._tools, self._progress, lambda question: confirm(question, asked.yes))
        kind = "pico" if isinstance(image, uf2.Image) else "esp32"
        if asked.kind not in ("", kind):
            raise Usage(f"{image.path} is for a board of the kind {kind}, and --board says {asked.kind}.")
        if asked.dry_run:
            self._session.output.say(f"would put {image.path.name} onto the board; what follows is seen after that")
        elif isinstance(image, uf2.Image):
            port = asked.port
            with suppress(FleetctlError):  # a Pico that waits for an image has no port
                port = port or choose(serialports.listed(), kind)
            installer.write_uf2(image, port)
        else:
            installer.write_bin(image, asked.port or choose(serialports.listed(), kind))

    def _port_of(self, kind: str, patient: bool) -> str:
        """Where the board is; `patient`: it starts with its new MicroPython, and its port may yet have to come."""
        limit = self._tools.now() + (_PORT_S if patient else 0)
        while True:
            try:
                port = self._asked.port or choose(serialports.listed(), kind)
                if not os.path.exists(port):
                    raise Failed(f"There is no port {port}. `fleetctl doctor` lists those there are.")
                return port
            except Failed:
                if self._tools.now() >= limit:
                    raise
                self._tools.sleep(_EVERY_S)

    def _agreed(
        self, flasher: Flasher, order: Order, device: dict[str, Any] | None, port: str
    ) -> tuple[Order, Plan] | None:
        """What is to be done, with everything that had to be asked; None where it is only to be said."""
        try:
            todo = flasher.look(order, device, patient=bool(self._asked.micropython))
        except NoPrompt as error:
            raise Failed(
                f"{error.detail}\nIs MicroPython on it? `--micropython IMAGE` brings it. If it is: run the same "
                "command again, and press the button RESET (or plug it in again) while it looks."
            ) from error
        if self._asked.dry_run:
            self._say(todo, port)
            return None
        if self._asked.replaces and not todo.replaces and todo.found.device == order.device:
            raise Failed(f"The board on {port} is {order.device} already. `fleetctl flash {order.device}` renews it.")
        for question in todo.questions:
            confirm(question, self._asked.yes)
        if todo.lacks_wifi:
            order = replace(order, wifi=wifi.ask())
            todo = plan(order, todo.found, todo.bundle, device, port)
        return order, todo

    def _say(self, todo: Plan, port: str) -> None:
        output = self._session.output
        sentences = [*todo.sentences(self._asked.device, self._asked.schema, port)]
        if not output.is_for_people:
            output.item({"port": port, "board": todo.found.kind, "would": sentences}, port, lambda: None)
            return
        output.say(f"{port}: {todo.found.named()}" + (f", {todo.found.device}" if todo.found.device else ""))
        for question in todo.questions:
            output.say(f"would ask: {question}")
        if not todo.changes:
            output.say(
                f"It is {self._asked.device} already, with this agent: nothing to do but to see that it is online."
            )
        for sentence in sentences:
            output.say(f"would {sentence}")

    def _tell(self, device: dict[str, Any], done: Plan) -> None:
        name = device["id"]
        more = "" if done.changes else "; it was as it should be, and nothing was changed"
        text = f"{name} is online, running revision {device['reported_rev']}{more}"
        if not device["schema"]:
            text += (
                f"\nNothing can be set on it yet: `fleetctl schema adopt {name}` takes the settings that it announces."
            )
        self._session.output.item(device, name, lambda: self._session.output.say(text))


@contextmanager
def _restarting(flasher: Flasher) -> Iterator[None]:
    """Lets the board go on where the block fails or changes nothing."""
    try:
        yield
    except BaseException:
        with suppress(FleetctlError):
            flasher.restart()
        raise


def _credential(path: Path, device: str) -> dict[str, Any]:
    """Raises Failed where the file holds none of this device."""
    try:
        found = json.loads(path.read_text("utf-8"))
        found = found.get("credential", found)
        kept = {key: found[key] for key in ("username", "password", "config_key", "ca") if key in found}
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Failed(f"{path} is no credential, as `fleetctl device add ID --out FILE` writes one.") from error
    if kept.get("username") != device or not kept.get("password") or not kept.get("config_key"):
        raise Failed(f"{path} is no credential of {device}: it is of {kept.get('username') or 'nobody'}.")
    return kept
