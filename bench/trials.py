"""Trials: what is done to a broker, with so many clients, and what is noted of it.

Seconds are the load generator's, from its first packet to its last; processor time is the broker's until it rests.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.brokers import Broker
from bench.generator import Answer
from bench.scale import Scale

IN_FLIGHT = 80  # connections opened and not yet served; mosquitto listens with a backlog of 100
KEEP_ALIVE_S = 60
_OPERATIONS = 1000  # a trial with fewer clients is repeated until it has about so many
_WARM_UP = 10  # clients, before memory is first looked at


@dataclass(frozen=True, slots=True)
class Trial:
    """One of `TRIALS` with so many clients."""

    name: str
    clients: int


class _Failed(Exception):
    """An order was not done."""


def attempt(trial: Trial, broker: Broker, scale: Scale) -> None:
    """Tries it; what was found, or why it failed, is in the broker's notes. Leaves no client connected."""
    try:
        TRIALS[trial.name](broker, trial.clients, scale)
    except _Failed as failure:
        broker.notes.fail(trial.name, trial.clients, str(failure))
    broker.load.order("close")
    broker.process.settle()


def _connect(broker: Broker, clients: int, scale: Scale) -> None:
    """Connect and subscribe, a few at a time."""
    for _ in range(_times(clients)):
        _note(broker, "connect", clients, clients, "connect", clients, IN_FLIGHT, KEEP_ALIVE_S, "d")
        _order(broker, "close")
        broker.process.settle()


def _storm(broker: Broker, clients: int, scale: Scale) -> None:
    """Connect and subscribe, all at once."""
    _note(broker, "storm", clients, clients, "connect", clients, clients, KEEP_ALIVE_S, "d")


def _one(broker: Broker, clients: int, scale: Scale) -> None:
    """Push to one board, one after the other."""
    _fill(broker, clients)
    pushes = scale.slow_pushes if broker.is_slow else scale.pushes
    _note(broker, "one", clients, pushes, "push", pushes)


def _fleet(broker: Broker, clients: int, scale: Scale) -> None:
    """Push to all boards at once. What only a first push costs is left out: it weighs more where boards are many."""
    _fill(broker, clients)
    if not broker.is_slow:
        _order(broker, "push", 1)
        broker.process.settle()
    times = 1 if broker.is_slow else max(_times(clients), scale.waves * min(scale.fleets) // clients, 1)
    _note(broker, "fleet", clients, clients * times, "push", times)


def _reconnect(broker: Broker, clients: int, scale: Scale) -> None:
    """Connect and subscribe, a few at a time, until each has its retained message."""
    _order(broker, "retain", clients, "r")
    broker.process.settle()
    _note(broker, "reconnect", clients, clients, "return", clients, IN_FLIGHT, KEEP_ALIVE_S, "r")


def _rest(broker: Broker, clients: int, scale: Scale) -> None:
    """Be connected and subscribed with a retained message, then ping. Of a broker that has just been started."""
    before = _memory_at_first(broker)
    _order(broker, "retain", clients, "r")
    _order(broker, "return", clients, IN_FLIGHT, KEEP_ALIVE_S, "r")
    broker.process.settle()
    _note_memory(broker, "rest", clients, before)
    if broker.is_slow:
        return
    used = broker.process.processor_s()
    answer = _order(broker, "ping", scale.at_rest_s, KEEP_ALIVE_S, extra_s=scale.at_rest_s)
    used = broker.process.processor_s() - used
    broker.notes.add("rest", clients, percent=100 * used / answer.wall_s, share=answer.share)


def _tls(broker: Broker, clients: int, scale: Scale) -> None:
    """Connect and subscribe with TLS, a few at a time. What each takes of memory is seen at the first round only."""
    is_new = broker.notes.read("tls", clients, "kb") is None
    before = _memory_at_first(broker) if is_new else 0.0
    _note(broker, "tls", clients, clients, "connect", clients, IN_FLIGHT, KEEP_ALIVE_S, "d")
    if is_new:
        _note_memory(broker, "tls", clients, before)


TRIALS: dict[str, Callable[[Broker, int, Scale], None]] = {
    "one": _one,
    "connect": _connect,
    "storm": _storm,
    "fleet": _fleet,
    "reconnect": _reconnect,
    "rest": _rest,
    "tls": _tls,
}


def _fill(broker: Broker, clients: int) -> None:
    """Has the boards connected, and those that take their acknowledgements."""
    _order(broker, "connect", clients, IN_FLIGHT, KEEP_ALIVE_S, "d")
    _order(broker, "collect")
    broker.process.settle()


def _memory_at_first(broker: Broker) -> float:
    """MiB of a broker that has just been started, when it has served a few clients."""
    _order(broker, "connect", _WARM_UP, IN_FLIGHT, KEEP_ALIVE_S, "w")
    _order(broker, "close")
    broker.process.settle()
    return broker.process.memory()[1]


def _note_memory(broker: Broker, trial: str, clients: int, before: float) -> None:
    broker.notes.add(trial, clients, kb=(broker.process.memory()[1] - before) * 1024 / clients)


def _note(broker: Broker, trial: str, clients: int, operations: int, *words: object) -> None:
    """Has an order done and notes what it took."""
    used = broker.process.processor_s()
    answer = _order(broker, *words)
    broker.process.settle()
    broker.notes.add(
        trial,
        clients,
        s=answer.p50_s,
        p99_s=answer.p99_s,
        us=(broker.process.processor_s() - used) / operations * 1e6,
        share=answer.share,
    )


def _order(broker: Broker, *words: object, extra_s: float = 0) -> Answer:
    answer = broker.load.order(*words, extra_s=extra_s)
    if answer.failure:
        raise _Failed(f"{answer.done} of {answer.wanted}, {answer.failure}")
    return answer


def _times(clients: int) -> int:
    return max(1, min(10, _OPERATIONS // clients))
