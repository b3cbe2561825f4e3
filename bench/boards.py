"""`python -m bench.boards`: scripted boards on the lean load generator. They speak the protocol (hello, online,
subscriptions, a report for each document, its digest computed) and have no flash, no settings and no hardware.

With `--telemetry S` each sends readings every S seconds, with `--reports S` a report whose digest differs from the last
one, so that the server has to make it durable. Prints a line when all are connected and have their document.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from henge_protocol import messages, signing, topics

from bench import packets
from bench.load import Client, Load

_TICK_S = 0.01  # between two looks at which board is due; what is due then goes out in one burst


class Board:
    """What one scripted board has to remember."""

    def __init__(self, credential: dict[str, str]) -> None:
        self._name = credential["username"]
        self._key = bytes.fromhex(credential["config_key"])
        self._topic = topics.build(self._name, topics.REPORT)
        self._boot = int.from_bytes(os.urandom(4), "big")
        self._n = 0
        self._last = (0, 0, bytes(signing.DIGEST_BYTES))  # epoch, rev, digest
        self.connect = packets.connect(self._name, credential["password"])
        reading = messages.Telemetry(boot=self._boot, t=1000, v={"temperature": 21.5}).encode()
        self.telemetry = packets.publish(topics.build(self._name, topics.TELEMETRY), reading)

    def hello(self) -> bytes:
        """Everything that follows the CONNACK."""
        hello = messages.Hello(
            proto=1,
            uid=self._name.encode(),
            agent="bench",
            board="scripted",
            runtime="none",
            caps=b"",
            epoch=0,
            rev=0,
            digest=bytes(signing.DIGEST_BYTES),
            last=None,
            boot=self._boot,
            reset="power",
            free=0,
            sleep_s=None,
        )
        build = topics.build
        return (
            packets.publish(build(self._name, topics.HELLO), hello.encode(), 1)
            + packets.publish(build(self._name, topics.STATUS), b"online", 2, retain=True)
            + packets.subscribe(build(self._name, topics.DESIRED), build(self._name, topics.COMMAND))
        )

    def applied(self, payload: bytes) -> bytes:
        """The report of a document that came."""
        desired = messages.Desired.decode(payload)
        self._last = desired.epoch, desired.rev, signing.document_digest(self._key, desired.doc)
        return self._report(self._last[2])

    def news(self) -> bytes:
        """A report that the server has to write: every other one claims a digest of its own."""
        return self._report(self._last[2] if self._n % 2 else bytes(signing.DIGEST_BYTES))

    def _report(self, digest: bytes) -> bytes:
        self._n += 1
        epoch, rev, _ = self._last
        report = messages.Report(
            epoch=epoch, rev=rev, state=messages.APPLIED, digest=digest, errors={}, boot=self._boot, n=self._n
        )
        return packets.publish(self._topic, report.encode(), self._n % 65000 + 10)


def main() -> None:
    options = _options()
    boards = [Board(credential) for credential in json.loads(options.credentials.read_text())]
    host, _, port = options.mqtt.rpartition(":")

    def handle(client: Client, head: int, data: bytes, start: int, end: int) -> None:
        if head & packets.TYPE == packets.PUBLISH:
            report = boards[client.index].applied(packets.payload(data, start, end))
            client.send(packets.puback(data, start) + report)

    with Load(host, int(port)) as load:
        load.connect([board.connect for board in boards], [board.hello() for board in boards], packets.PUBLISH, handle)
        print("connected", flush=True)
        ticks = [
            _spread(options.telemetry, [(lambda c=c, b=b: c.send(b.telemetry)) for c, b in _pairs(load, boards)]),
            _spread(options.reports, [(lambda c=c, b=b: c.send(b.news())) for c, b in _pairs(load, boards)]),
        ]
        while True:
            due = time.perf_counter() + _TICK_S
            load.run(handle, lambda: False, due)
            for tick in ticks:
                next(tick)


def _pairs(load: Load, boards: list[Board]) -> list[tuple[Client, Board]]:
    return list(zip(load.clients, boards, strict=True))


def _spread(period_s: float, actions: list[Callable[[], None]]) -> Iterator[None]:
    """At each step does those that are due, so that every one is done once in a period, evenly."""
    started, done = time.perf_counter(), 0
    while True:
        if period_s:
            due = int((time.perf_counter() - started) / period_s * len(actions))
            for number in range(done, due):
                actions[number % len(actions)]()
            done = due
        yield


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.boards")
    parser.add_argument("--mqtt", required=True, metavar="HOST:PORT")
    parser.add_argument("--credentials", type=Path, required=True, metavar="FILE")
    parser.add_argument("--telemetry", type=float, default=0, metavar="S")
    parser.add_argument("--reports", type=float, default=0, metavar="S")
    return parser.parse_args()


if __name__ == "__main__":
    main()
