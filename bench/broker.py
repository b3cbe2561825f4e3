"""broker: the bare henge_mqtt beside mosquitto and amqtt, nothing kept on disk, 256-byte payloads, QoS 1.

They take turns in every round. One push is: publish, deliver, acknowledge, deliver; four PUBLISH and four PUBACK.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench import brokers, rows
from bench.brokers import Broker, Candidate
from bench.certificate import write_certificate
from bench.figures import Figure
from bench.machine import scratch
from bench.scale import Scale
from bench.trials import Trial, attempt


def run(scale: Scale) -> list[Figure]:
    """Measures them all; a line for each trial, then the figures."""
    candidates = [one for one in brokers.candidates() if not scale.brokers or one.name in scale.brokers]
    with scratch() as folder:
        _in_turns(candidates, list(_trials(scale)), folder, scale)
        _freshly_started(candidates, folder, scale)
        fast = [one for one in candidates if not one.is_slow]
        _in_turns(fast, [Trial("tls", scale.secured)], folder, scale, write_certificate(folder))
    return rows.figures({one.name: one.notes for one in candidates}, scale)


def _in_turns(
    candidates: list[Candidate], trials: list[Trial], folder: Path, scale: Scale, certificate: Path | None = None
) -> None:
    """What needs no new broker, several times."""
    wanted = [trial for trial in trials if _is_wanted(trial, scale)]
    if not wanted:
        return
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(one.running(folder, scale, certificate)) for one in candidates]
        for number in range(scale.rounds):
            for trial in wanted:
                for broker in running if number % 2 else reversed(running):
                    if _takes_part(broker, trial, number, scale):
                        attempt(trial, broker, scale)
                        _print(f"round {number + 1}", trial, broker)


def _freshly_started(candidates: list[Candidate], folder: Path, scale: Scale) -> None:
    """What a broker takes for clients that do nothing: one that has served others before has memory to spare."""
    for one in candidates:
        trial = Trial("rest", one.slow_or(scale.slow_fleet, max(scale.fleets)))
        if _is_wanted(trial, scale):
            with one.running(folder, scale) as broker:
                attempt(trial, broker, scale)
                _print("       ", trial, broker)


def _trials(scale: Scale) -> Iterator[Trial]:
    yield Trial("one", 1)
    for name in ("connect", "fleet"):
        yield Trial(name, scale.few)
        yield from (Trial(name, clients) for clients in scale.fleets)
    yield from (Trial("storm", clients) for clients in scale.fleets)
    yield from (Trial("reconnect", clients) for clients in (min(scale.fleets), max(scale.fleets)))


def _is_wanted(trial: Trial, scale: Scale) -> bool:
    return not scale.only or trial.name in scale.only


def _takes_part(broker: Broker, trial: Trial, number: int, scale: Scale) -> bool:
    if trial.name == "storm" and number >= scale.storms:
        return False
    return not broker.is_slow or (number == 0 and trial.clients <= scale.slow_fleet and trial.name != "storm")


def _print(when: str, trial: Trial, broker: Broker) -> None:
    last = broker.notes.last(trial.name, trial.clients)
    found = last if isinstance(last, str) else "  ".join(f"{name} {value:.6g}" for name, value in last.items())
    print(f"  {when} {trial.name:9} {trial.clients:5} {broker.name:9}  {found}", flush=True)
