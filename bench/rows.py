"""Rows: the broker's part of the table, with what each figure should be. Pure.

"aim" is what the broker promises, "beyond" what would lead the field. Rates and times are set beside mosquitto's.
"""

from collections.abc import Iterator
from typing import Any

from bench.figures import Figure
from bench.notes import Notes
from bench.scale import Scale

_NOTED = {"us": "us", "ms": "s", "s": "s", "/s": "s", "KB": "kb", "%": "percent"}
"""Unit of a figure -> the name under which trials note it."""

Value = float | str | None
Rows = Iterator[Figure | None]


def figures(notes: dict[str, Notes], scale: Scale) -> list[Figure]:
    """Of the trials that were made."""
    table = _Table(notes)
    return [figure for part in _PARTS for figure in part(table, scale) if figure is not None]


class _Table:
    """Makes figures of what was noted of each broker."""

    def __init__(self, notes: dict[str, Notes]) -> None:
        self._notes = notes

    def figure(
        self, name: str, trial: str, clients: int, unit: str, slow: int = 0, noted: str = "", **aims: Any
    ) -> Figure | None:
        """A row; None where henge did not take part. The unit says under which name it was noted, or `noted` does.
        `slow` is how many clients amqtt had, where it had fewer.
        """
        noted = noted or _NOTED[unit]
        value, beside = (self._value(broker, trial, clients, unit, noted) for broker in ("henge", "mosquitto"))
        other = self._value("amqtt", trial, slow or clients, unit, noted)
        if slow and isinstance(other, float):
            other = f"{other:.1f} {unit} ({slow})"
        if value is None:
            return None
        load: tuple[float, ...] = () if unit == "KB" else self._load(trial, clients)
        return Figure(f"broker: {name}", value, unit, beside=beside, other=other, load=load, **aims)

    def growth(self, name: str, trial: str, few: int, many: int, **aims: Any) -> Figure | None:
        """How much more processor time an operation takes with many clients than with few."""
        value, beside = (self._growth(broker, trial, few, many) for broker in ("henge", "mosquitto"))
        if value is None:
            return None
        return Figure(f"broker: {name}", value, "x", beside=beside, absolute=True, **aims)

    def _read(self, broker: str, trial: str, clients: int, name: str) -> Value:
        return self._notes[broker].read(trial, clients, name) if broker in self._notes else None

    def _value(self, broker: str, trial: str, clients: int, unit: str, noted: str) -> Value:
        value = self._read(broker, trial, clients, noted)
        if not isinstance(value, float):
            return value
        return clients / value if unit == "/s" else value * 1000 if unit == "ms" else value

    def _growth(self, broker: str, trial: str, few: int, many: int) -> Value:
        small, large = (self._read(broker, trial, clients, "us") for clients in (few, many))
        return large / small if isinstance(small, float) and isinstance(large, float) else None

    def _load(self, trial: str, clients: int) -> tuple[float, ...]:
        shares = [self._read(broker, trial, clients, "share") for broker in ("henge", "mosquitto")]
        return tuple(share for share in shares if isinstance(share, float))


def _connecting(table: _Table, scale: Scale) -> Rows:
    for clients in scale.fleets:
        name = f"connect and subscribe, {clients}, 80 in flight"
        yield table.figure(name, "connect", clients, "/s", is_rate=True, aim=0.7, beyond=1.0)
    for clients in scale.fleets:  # the rate of a core that does nothing else is one by this
        yield table.figure(f"processor per connect, {clients}", "connect", clients, "us", aim=1.43, beyond=1.0)
    for clients in scale.fleets:
        name = f"connect and subscribe, {clients}, all at once"
        yield table.figure(name, "storm", clients, "/s", is_rate=True, aim=1.0, beyond=2.0)


def _pushing(table: _Table, scale: Scale) -> Rows:
    yield table.figure("push to acknowledgement, one at a time, p50", "one", 1, "ms", aim=2.0, beyond=1.3)
    yield table.figure("push to acknowledgement, one at a time, p99", "one", 1, "ms", noted="p99_s")
    yield table.figure("processor per push, one at a time", "one", 1, "us")
    for clients in scale.fleets:
        name = f"push to {clients} at once, all acknowledged"
        yield table.figure(name, "fleet", clients, "s", aim=1.0, beyond=0.6)
    for clients in scale.fleets:
        yield table.figure(f"processor per push, {clients} at once", "fleet", clients, "us", aim=0.8, beyond=0.5)


def _coming_back(table: _Table, scale: Scale) -> Rows:
    sizes = sorted({min(scale.fleets), max(scale.fleets)})
    for clients in sizes:
        name = f"reconnect of {clients}, each with its retained message"
        yield table.figure(name, "reconnect", clients, "s", aim=1.5, beyond=0.9)
    for clients in sizes:
        yield table.figure(f"processor per reconnect, {clients}", "reconnect", clients, "us", aim=1.5, beyond=0.9)


def _resting(table: _Table, scale: Scale) -> Rows:
    many, slow = max(scale.fleets), scale.slow_fleet
    name = f"memory per idle client with its retained message, {many}"
    yield table.figure(name, "rest", many, "KB", slow, absolute=True, aim=6, beyond=3)
    name = f"idle processor, {many} at 60 s keep-alive, of a core"
    yield table.figure(name, "rest", many, "%", slow, absolute=True, aim=2.5, beyond=1.5)


def _secured(table: _Table, scale: Scale) -> Rows:
    clients = scale.secured
    name = f"TLS: connect and subscribe, {clients}, 80 in flight"
    yield table.figure(name, "tls", clients, "/s", is_rate=True, aim=0.8, beyond=1.0)
    yield table.figure("TLS: processor per connect", "tls", clients, "us", aim=1.25, beyond=1.0)
    yield table.figure("TLS: memory per connection", "tls", clients, "KB", absolute=True, aim=30, beyond=24)


def _growing(table: _Table, scale: Scale) -> Rows:
    few, many = scale.few, max(scale.fleets)
    for name, trial in (("push", "fleet"), ("connect", "connect")):
        yield table.growth(f"processor per {name}, {many} over {few}", trial, few, many, aim=1.3, beyond=1.1)


_PARTS = (_connecting, _pushing, _coming_back, _resting, _secured, _growing)
