"""broker: the bare henge_mqtt beside mosquitto, persistence off on both, 256-byte payloads, QoS 1.

The two take turns in every round. One push is: publish, deliver, acknowledge, deliver; four PUBLISH and four PUBACK.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench import brokers, packets
from bench.brokers import Broker
from bench.figures import Figure, quantile
from bench.load import Client, Load, Share, Wire
from bench.machine import scratch
from bench.scale import Scale

_PAYLOAD = bytes(range(256))
# Clients that take the acknowledgements: each broker queues 1,000 messages for one client before it drops any.
_BOARDS_PER_COLLECTOR = 1000


def run(scale: Scale) -> list[Figure]:
    """Measures both; a line for each round, then the figures."""
    with scratch() as folder, brokers.henge(folder) as henge, brokers.mosquitto(folder) as mosquitto:
        for number in range(scale.rounds):
            for broker in (mosquitto, henge):
                _round(broker, scale)
                _print_round(number, broker)
        return _figures(henge, mosquitto, scale.boards)


def _round(broker: Broker, scale: Scale) -> None:
    one_at_a_time(broker, scale.pushes)
    broker.process.settle()
    boards = _Boards(scale.boards)
    with Load("127.0.0.1", broker.port) as load:
        with _timed(broker, "connect", scale.boards) as stop:
            load.connect(boards.hellos, boards.subscriptions, packets.SUBACK, _ignore)
            stop()
        _to_all_at_once(broker, load, boards, scale.waves)
    broker.process.settle()
    _reconnect(broker, boards)
    broker.process.settle()


class _Boards:
    """The packets of a fleet, built before the clock runs."""

    def __init__(self, count: int) -> None:
        names = [f"b{number:05}" for number in range(count)]
        self.count = count
        self.hellos = [packets.connect(name) for name in names]
        self.subscriptions = [packets.subscribe(f"d/{name}/desired") for name in names]
        # Under other names, so that connecting and subscribing alone stays just that in the later rounds.
        self.retained_subscriptions = [packets.subscribe(f"r/{name}/desired") for name in names]
        self.pushes = [packets.publish(f"d/{name}/desired", _PAYLOAD, _id(i)) for i, name in enumerate(names)]
        self.retained = [packets.publish(f"r/{name}/desired", _PAYLOAD, _id(i), True) for i, name in enumerate(names)]
        collectors = -(-count // _BOARDS_PER_COLLECTOR)
        self.acks = [packets.publish(f"a/{i % collectors}/{name}", _PAYLOAD, 1) for i, name in enumerate(names)]
        self.collector_hellos = [packets.connect(f"collector{number}") for number in range(collectors)]
        self.collector_subscriptions = [packets.subscribe(f"a/{number}/+") for number in range(collectors)]


def _id(index: int) -> int:
    return index % 65535 + 1


def one_at_a_time(broker: Broker, count: int) -> None:
    """From the push to its acknowledgement, with nothing else under way."""
    server = Wire("127.0.0.1", broker.port, "server", "a/one")
    board = Wire("127.0.0.1", broker.port, "board", "d/one/desired")
    acknowledgement = packets.publish("a/one", _PAYLOAD, 1)
    waited = []
    for number in range(count):
        push = packets.publish("d/one/desired", _PAYLOAD, _id(number))
        started = time.perf_counter()
        server.send(push)
        board.send(packets.puback(*board.read(packets.PUBLISH)) + acknowledgement)
        received = server.read(packets.PUBLISH)
        waited.append(time.perf_counter() - started)
        server.send(packets.puback(*received))
    server.close()
    board.close()
    broker.note(one_p50=quantile(waited, 0.5) * 1000, one_p99=quantile(waited, 0.99) * 1000)


def _to_all_at_once(broker: Broker, load: Load, boards: _Boards, waves: int) -> None:
    """Pushes to every board in one go, until the acknowledgement of each is there."""
    load.connect(boards.collector_hellos, boards.collector_subscriptions, packets.SUBACK, _ignore)
    server = load.clients[boards.count]
    for _ in range(waves):
        wave = _Wave(boards)
        broker.process.settle()
        with _timed(broker, "fleet", boards.count) as stop:
            server.send(b"".join(boards.pushes))
            load.run(wave.handle, lambda wave=wave: wave.acknowledged == boards.count)
            stop()
            load.run(wave.handle, lambda wave=wave: wave.pubacks == 2 * boards.count)


class _Wave:
    """One push to every board, on its way."""

    def __init__(self, boards: _Boards) -> None:
        self._boards = boards
        self.acknowledged = 0
        self.pubacks = 0

    def handle(self, client: Client, head: int, data: bytes, start: int, end: int) -> None:
        if head & packets.TYPE == packets.PUBACK:
            self.pubacks += 1
        elif client.index < self._boards.count:
            client.send(packets.puback(data, start) + self._boards.acks[client.index])
        else:
            client.send(packets.puback(data, start))
            self.acknowledged += 1


def _reconnect(broker: Broker, boards: _Boards) -> None:
    """All boards come back, until each has its retained message."""
    with Load("127.0.0.1", broker.port) as load:
        pubacks = _Count()
        publisher = load.open(packets.connect("publisher"))
        publisher.send(b"".join(boards.retained))
        load.run(pubacks.handle, lambda: pubacks.value == boards.count)
    broker.process.settle()
    with Load("127.0.0.1", broker.port) as load, _timed(broker, "reconnect", boards.count) as stop:
        load.connect(boards.hellos, boards.retained_subscriptions, packets.PUBLISH, _acknowledge)
        stop()


class _Count:
    """Of PUBACKs."""

    def __init__(self) -> None:
        self.value = 0

    def handle(self, client: Client, head: int, data: bytes, start: int, end: int) -> None:
        self.value += head & packets.TYPE == packets.PUBACK


def _ignore(client: Client, head: int, data: bytes, start: int, end: int) -> None:
    """Nothing to do."""


def _acknowledge(client: Client, head: int, data: bytes, start: int, end: int) -> None:
    if head & packets.TYPE == packets.PUBLISH:
        client.send(packets.puback(data, start))


@contextmanager
def _timed(broker: Broker, name: str, operations: int) -> Iterator[Callable[[], None]]:
    """Notes the seconds until the call of what it gives, and the broker's processor time until the context is left."""
    share, used, started = Share(), broker.process.processor_s(), time.perf_counter()

    def stop() -> None:
        broker.note(**{name + "_s": time.perf_counter() - started, name + "_share": share.percent()})

    yield stop
    broker.note(**{name + "_us": (broker.process.processor_s() - used) / operations * 1e6})


def _print_round(number: int, broker: Broker) -> None:
    last = {name: values[-1] for name, values in broker.found.items()}
    print(
        f"  round {number + 1} {broker.name:9}  one {last['one_p50']:.3f}/{last['one_p99']:.3f} ms p50/p99"
        f"   fleet {last['fleet_s']:.3f} s, {last['fleet_us']:.0f} us"
        f"   reconnect {last['reconnect_s']:.3f} s, {last['reconnect_us']:.0f} us"
        f"   connect {last['connect_s']:.3f} s, {last['connect_us']:.0f} us"
        f"   load's share {last['fleet_share']:.0f}/{last['reconnect_share']:.0f}/{last['connect_share']:.0f} %"
    )


def _figures(henge: Broker, mosquitto: Broker, boards: int) -> list[Figure]:
    def both(name: str, key: str, unit: str, aim: float | None = None) -> Figure:
        return Figure(f"broker: {name}", henge[key], unit, aim, mosquitto[key])

    rate = Figure(
        "broker: connect and subscribe",
        boards / henge["connect_s"],
        "/s",
        beside=boards / mosquitto["connect_s"],
        is_rate=True,
    )
    return [
        both("push to acknowledgement, one at a time, p50", "one_p50", "ms", 2.5),
        both("push to acknowledgement, one at a time, p99", "one_p99", "ms"),
        both(f"push to {boards} at once, all acknowledged", "fleet_s", "s", 1.5),
        both("processor per push", "fleet_us", "us"),
        both(f"reconnect of {boards}, each with its retained message", "reconnect_s", "s", 2.0),
        both("processor per reconnect", "reconnect_us", "us"),
        rate,
        both("processor per connect and subscribe", "connect_us", "us"),
        both("load generator's share of its core, push to all", "fleet_share", "%"),
        both("load generator's share of its core, reconnect", "reconnect_share", "%"),
        both("load generator's share of its core, connect", "connect_share", "%"),
    ]
