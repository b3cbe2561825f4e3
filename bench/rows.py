"""Rows: the broker's part of the table, with what each figure should be. Pure.

"aim" is what the broker promises, "beyond" what would lead the field. Rates and times are set beside mosquitto's.
"""

from typing import Any

from bench.figures import Figure
from bench.notes import Notes
from bench.scale import Scale

Value = float | str | None


def figures(notes: dict[str, Notes], scale: Scale) -> list[Figure]:
    """Of the trials that were made."""
    return [figure for figure in _all(_Table(notes), scale) if figure is not None]


class _Table:
    """Makes figures of what was noted of each broker."""

    def __init__(self, notes: dict[str, Notes]) -> None:
        self._notes = notes

    def figure(self, name: str, trial: str, clients: int, unit: str, **aims: Any) -> Figure | None:
        """A row; None where henge did not take part. `unit` says what was measured, and is shown."""
        value, beside, other = (self._value(broker, trial, clients, unit) for broker in ("henge", "mosquitto", "amqtt"))
        if value is None:
            return None
        load: tuple[float, ...] = () if unit in ("us", "KB", "%") else self._load(trial, clients)
        return Figure(f"broker: {name}", value, unit, beside=beside, other=other, load=load, **aims)

    def growth(self, name: str, trial: str, few: int, many: int, **aims: Any) -> Figure | None:
        """How much more processor time an operation takes with many clients than with few."""
        value, beside = (self._growth(broker, trial, few, many) for broker in ("henge", "mosquitto"))
        if value is None:
            return None
        return Figure(f"broker: {name}", value, "x", beside=beside, absolute=True, **aims)

    def _read(self, broker: str, trial: str, clients: int, name: str) -> Value:
        return self._notes[broker].read(trial, clients, name) if broker in self._notes else None

    def _value(self, broker: str, trial: str, clients: int, unit: str) -> Value:
        name, factor = {"ms": ("s", 1000), "KB": ("kb", 1), "%": ("percent", 1), "/s": ("s", clients)}.get(
            unit, (unit, 1)
        )
        value = self._read(broker, trial, clients, name)
        if not isinstance(value, float):
            return value
        return factor / value if unit == "/s" else factor * value

    def _growth(self, broker: str, trial: str, few: int, many: int) -> Value:
        small, large = (self._read(broker, trial, clients, "us") for clients in (few, many))
        return large / small if isinstance(small, float) and isinstance(large, float) else None

    def _load(self, trial: str, clients: int) -> tuple[float, ...]:
        shares = [self._read(broker, trial, clients, "share") for broker in ("henge", "mosquitto")]
        return tuple(share for share in shares if isinstance(share, float))


def _all(table: _Table, scale: Scale) -> list[Figure | None]:
    found: list[Figure | None] = []
    few, many = scale.few, max(scale.fleets)
    for clients in scale.fleets:
        name = f"connect and subscribe, {clients}, 80 in flight"
        found.append(table.figure(name, "connect", clients, "/s", is_rate=True, aim=0.7, beyond=1.0))
    for clients in scale.fleets:
        name = f"connect and subscribe, {clients}, all at once"
        found.append(table.figure(name, "storm", clients, "/s", is_rate=True, aim=1.0, beyond=2.0))
    for clients in scale.fleets:
        found.append(table.figure(f"processor per connect, {clients}", "connect", clients, "us"))
    found.append(table.figure("push to acknowledgement, one at a time, p50", "one", 1, "ms", aim=2.0, beyond=1.3))
    found.append(table.figure("processor per push, one at a time", "one", 1, "us"))
    for clients in scale.fleets:
        name = f"push to {clients} at once, all acknowledged"
        found.append(table.figure(name, "fleet", clients, "s", aim=1.0, beyond=0.6))
    for clients in scale.fleets:
        name = f"processor per push, {clients} at once"
        found.append(table.figure(name, "fleet", clients, "us", aim=0.8, beyond=0.5))
    for clients in (min(scale.fleets), many):
        name = f"reconnect of {clients}, each with its retained message"
        found.append(table.figure(name, "reconnect", clients, "s", aim=1.5, beyond=0.9))
        found.append(table.figure(f"processor per reconnect, {clients}", "reconnect", clients, "us"))
    name = f"memory per idle client with its retained message, {many}"
    found.append(table.figure(name, "rest", many, "KB", absolute=True, aim=6, beyond=3))
    name = f"idle processor, {many} at 60 s keep-alive, of a core"
    found.append(table.figure(name, "rest", many, "%", absolute=True, aim=2.5, beyond=1.5))
    for name, trial in (("push", "fleet"), ("connect", "connect")):
        name = f"processor per {name}, {many} over {few}"
        found.append(table.growth(name, trial, few, many, aim=1.3, beyond=1.1))
    return found
