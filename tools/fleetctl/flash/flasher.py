"""Flasher: does to one board, step by step, what was planned. Each step can be repeated, and begins where it was cut.

What is on the board keeps running until the whole of the new is there; a board that is right is left as it is.
"""

import json
from typing import Any

from fleetctl.client import Client
from fleetctl.credential import with_ca
from fleetctl.errors import Failed
from fleetctl.flash import bundle, found, script
from fleetctl.flash.arrival import Arrival
from fleetctl.flash.bundle import Bundle
from fleetctl.flash.found import Found
from fleetctl.flash.knock import knock
from fleetctl.flash.mpremote import Mpremote
from fleetctl.flash.order import Order, Plan, plan
from fleetctl.flash.progress import Progress

_PIECE = "henge-piece:"


class Flasher:
    """One board on one port, for one order."""

    def __init__(self, client: Client, mpremote: Mpremote, progress: Progress) -> None:
        self._client = client
        self._mpremote = mpremote
        self._progress = progress
        self._port = mpremote.port

    def look(self, order: Order, device: dict[str, Any] | None, patient: bool) -> Plan:
        """What has to be done; `patient` where the board has just been reset. It waits at its prompt afterwards.

        Raises Failed where it is the wrong one.
        """
        with self._progress.step(f"Looking at {self._port}"):
            knock(self._port, patient)
            who = self._ask([])
            found.fit(who, order.kind)
            if who.is_switching:  # the power failed when the agent was there, and not yet in its place
                self._mpremote.run([script.taking(), script.finishing()])
            wanted = bundle.of(who.kind, order.own)
            return plan(order, self._ask(wanted.paths), wanted, device, self._port)

    def restart(self) -> None:
        """Lets the board go on with what it has."""
        self._mpremote.reset()

    def perform(self, order: Order, plan: Plan) -> None:
        """Brings what is missing; the board waits at its prompt afterwards."""
        if plan.lacks_space:
            raise Failed(
                f"The board's flash is too full by {plan.lacks_space} bytes. Remove what is not needed: "
                f"`mpremote connect {self._port} fs ls` shows it."
            )
        if plan.brings_agent:
            self._fresh(plan.found)
            self._copy(plan.bundle, plan.begun)
        if plan.writes_henge:
            self._write(plan.henge if not plan.asks_credential else self._with_credential(order, plan))
        if plan.brings_agent:
            with self._progress.step("Putting the agent in place"):
                knock(self._port, patient=True)
                self._mpremote.run([script.taking(), script.call("commit"), script.finishing()])

    def start(self, device: str, uid: str, wait_s: float) -> dict[str, Any]:
        """Starts the board with this unique id; the device when it is online. Raises Partly, NotTaken."""
        arrival = Arrival(self._client, device, uid, self._port)
        with self._progress.step(f"Waiting until the server has heard {device}"):
            self._mpremote.reset()
            return arrival.wait(wait_s)

    def _ask(self, paths: list[str]) -> Found:
        return found.read(self._mpremote.run([script.looking(paths)]))

    def _fresh(self, board: Found) -> None:
        """Starts the board and stops it before its program: all memory is free then, and no watchdog runs."""
        if board.has_program:
            self._mpremote.reset()
            knock(self._port, patient=True)

    def _copy(self, wanted: Bundle, begun: int) -> None:
        whole = len(wanted.data)
        with self._progress.step("Copying the agent", measured=True) as advance:

            def heard(line: str) -> None:
                if line.startswith(_PIECE):
                    advance(100 * int(line.removeprefix(_PIECE)) / whole)

            pieces = script.pieces(wanted.data, begun)
            unpack = script.call("unpack", wanted.digest, script.switch())
            self._mpremote.run([script.taking(), *pieces, unpack], heard)

    def _write(self, henge: dict[str, Any]) -> None:
        with self._progress.step("Writing /henge.json"):
            knock(self._port, patient=True)  # asking the server may have taken longer than the watchdog waits
            self._mpremote.run([script.taking(), script.call("save", "/henge.json", json.dumps(henge))])

    def _with_credential(self, order: Order, plan: Plan) -> dict[str, Any]:
        """A credential that is lost on the way costs nothing: the next run asks for another."""
        if plan.registers:
            body = {"id": order.device, **({"schema": order.schema} if order.schema else {})}
            answer = self._client.add_device(body)
        else:
            answer = self._client.rotate_credential(order.device, replace=plan.replaces)
        return {**plan.henge, "credential": with_ca(answer, order.ca)["credential"]}
