"""Order: what a person asked a board to become, and the plan that follows from what the board is. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetctl.flash.bundle import Bundle
from fleetctl.flash.found import Found
from fleetctl.flash.wifi import Wifi

_SPARE = 16 * 1024  # bytes of the board's flash that stay free for what it stores itself


@dataclass(frozen=True, slots=True)
class Order:
    """`server` is the address in its full form, `ca` its CA in PEM. None and "" leave to the board what it has."""

    device: str
    server: str
    ca: str
    kind: str = ""
    own: Path | None = None
    schema: str | None = None
    wifi: Wifi | None = None
    country: str = ""
    ntp: str | None = None
    credential: dict[str, Any] | None = None
    new_credential: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, and what a person has to agree to first.

    `begun` are the bytes of the bundle that the board has already. `henge` is what its /henge.json is to hold, without
    a credential where the server is asked for a new one. `replaces`: another board was the device so far.
    """

    found: Found
    bundle: Bundle
    begun: int
    brings_agent: bool
    registers: bool
    asks_credential: bool
    replaces: bool
    henge: dict[str, Any]
    questions: list[str]

    @property
    def writes_henge(self) -> bool:
        return self.asks_credential or self.henge != self.found.henge

    @property
    def changes(self) -> bool:
        return self.brings_agent or self.writes_henge

    @property
    def lacks_wifi(self) -> bool:
        return not self.henge["networks"]

    @property
    def lacks_space(self) -> int:
        """Bytes: the bundle and its files lie beside each other for a moment."""
        needed = 2 * len(self.bundle.data) - self.begun + _SPARE if self.brings_agent else 0
        return max(0, needed - self.found.free)

    def sentences(self, device: str, schema: str | None, port: str) -> Iterator[str]:
        """What would be done, in the order in which it would."""
        if self.registers:
            yield f"register {device}" + (f" under schema {schema}" if schema else "")
        if self.brings_agent:
            there = f"; {_kib(self.begun)} of it are there already" if self.begun else ""
            yield f"copy the agent to {port}: {len(self.bundle.paths)} files, {_kib(len(self.bundle.data))}{there}"
        if self.replaces:
            yield f"let it take the place of the board that is {device} so far, with its configuration and history"
        if self.writes_henge:
            networks = ", ".join(network["ssid"] for network in self.henge["networks"]) or "to be asked for"
            credential = "a new credential" if self.asks_credential else "the credential"
            yield f"write /henge.json: {credential} of {device}, server {self.henge['server']}, Wi-Fi {networks}"
        yield f"restart it, and wait until the server has heard {device}"


def plan(order: Order, found: Found, bundle: Bundle, device: dict[str, Any] | None, port: str) -> Plan:
    """`device` is what the server knows of it; None where it is not registered."""
    replaces = bool(device and device.get("uid") not in ("", None, found.uid))
    # A board that was the device once, and was replaced, has a credential that is worth nothing.
    keeps = device is not None and (device.get("replacing") or not replaces) and _keeps_credential(order, found)
    henge = _henge(order, found)
    if order.credential or keeps:
        henge["credential"] = order.credential or found.henge["credential"]
    begun = found.begun[0] if bundle.begins_with(*found.begun) else 0
    return Plan(
        found=found,
        bundle=bundle,
        begun=begun,
        brings_agent=found.installed != bundle.digest,
        registers=device is None and not order.credential,
        asks_credential="credential" not in henge,
        replaces=replaces,
        henge=henge,
        questions=[*_questions(order, found, device, replaces, port)],
    )


def _keeps_credential(order: Order, found: Found) -> bool:
    """Whether the board has one for this device at this server."""
    credential = found.henge.get("credential", {})
    whole = found.device and all(credential.get(key) for key in ("password", "config_key"))
    return (
        bool(whole)
        and found.device == order.device
        and credential.get("ca", "") == order.ca
        and not order.new_credential
    )


def _henge(order: Order, found: Found) -> dict[str, Any]:
    """All but the credential; Wi-Fi and clock as the board has them, where nothing else was asked for."""
    before = found.henge
    country = order.country or (order.wifi.country if order.wifi else "")
    ntp = order.ntp if order.ntp is not None else before.get("ntp", "pool.ntp.org")
    return {
        "server": order.server,
        "networks": order.wifi.networks if order.wifi else before.get("networks", []),
        "country": country or before.get("country", ""),
        "ntp": ntp,
    }


def _questions(order: Order, found: Found, device: dict[str, Any] | None, replaces: bool, port: str) -> Iterator[str]:
    if found.device and found.device != order.device:
        yield f"The board on {port} is {found.device} ({found.named()}). Make it {order.device}?"
    elif not found.device and found.has_program and not found.is_switching:
        yield f"The board on {port} ({found.named()}) has a program of its own, which would be replaced. Go on?"
    if device and replaces:
        status = "is online now" if device["status"] == "online" else f"is {device['status']}"
        yield (
            f"{order.device} was another board so far (unique id {device['uid']}), which {status}. The board on {port} "
            "would take its place, with its configuration and history, and the old one be shut out. Go on?"
        )
    if device is None and not order.credential:
        under = f" under schema {order.schema}" if order.schema else ", without a schema"
        yield f"{order.device} is not registered. Register it{under}?"


def _kib(size: int) -> str:
    return f"{size / 1024:.1f} KiB"
