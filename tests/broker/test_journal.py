"""What the log says of each connection: one line when it is refused or closed, who and why as fields; floods cut short.

Every reason of `henge_mqtt.reasons` has a scenario here that leads to it.
"""

import asyncio
import logging
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from henge_mqtt import BAD_CREDENTIALS, NOT_AUTHORIZED, UNAVAILABLE, Client, Received, Refusal, reasons, server_context
from henge_mqtt.journal import CLOSED, CONNECTED, FIELDS, KEPT, REFUSED, WINDOW_S, Journal
from henge_server.certificates.authority import Authority

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder
from tests.broker.test_bounds import stuck_reader
from tests.broker.wire import Wire

REASONS = [text for name, text in vars(reasons).items() if name.isupper() and isinstance(text, str)]


class Gate(Recorder):
    """Refuses with the code that is the password; no client may publish to `no`, and to `bad` none can."""

    def authenticate(self, client: Client, password: bytes | None) -> int:
        return Refusal(int(password), "as it was told") if password else 0

    def may_publish(self, client: Client, topic: str) -> bool:
        return topic != "no"

    def on_message(self, client: Client, message: Received) -> None:
        if message.topic == "bad":
            raise ZeroDivisionError


async def log_in(house: House, client_id: str = "lamp", **connect: Any) -> None:
    (await house.open()).send(wire.connect(client_id, username="ann", **connect))


def tls_context() -> ssl.SSLContext:
    """With a certificate of its own."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(Authority.make().issue(["127.0.0.1"], datetime.now(UTC)))
        file.flush()
        return server_context(Path(file.name))


async def secure_socket(house: House) -> Wire:
    """A socket on a TLS port, nothing sent on it."""
    listener = await house.broker.listen("127.0.0.1", 0, ssl=tls_context())
    house.wires.append(await Wire.open(listener.port))
    await house.until(lambda: house.broker.stats.handshakes == 1)
    return house.wires[-1]


async def speak_no_tls(house: House) -> None:
    (await secure_socket(house)).send(wire.connect())


async def break_off_the_handshake(house: House) -> None:
    await (await secure_socket(house)).close()


async def never_shake_hands(house: House) -> None:
    await secure_socket(house)
    house.pass_time(20)


async def say(house: House, *packets: bytes) -> None:
    (await house.client("lamp", username="ann")).send(*packets)


async def open_sockets(house: House, count: int) -> None:
    for _ in range(count):
        await house.open()


async def guess(house: House) -> None:
    for _ in range(2):
        await log_in(house, password=b"%d" % BAD_CREDENTIALS)
        await house.wires[-1].until_closed()


async def vanish(house: House) -> None:
    await (await house.client("lamp", username="ann")).close()


async def come_twice(house: House) -> None:
    await house.client("lamp", username="ann")
    await house.client("lamp", username="ann")


async def be_silent(house: House) -> None:
    await house.client("lamp", username="ann", keep_alive=10)
    house.pass_time(20)


async def never_connect(house: House) -> None:
    await house.open()
    await house.until(lambda: house.broker.stats.connections == 1)
    house.pass_time(20)


async def read_nothing(house: House) -> None:
    client = await stuck_reader(house, ("none", 0), username="ann")
    async with asyncio.timeout(Wire.PATIENCE_S):
        while not house.broker.stats.slow_readers:
            client.send(wire.PINGREQ * 10_000)
            await asyncio.sleep(0)


async def end_the_broker(house: House) -> None:
    await house.client("lamp", username="ann")
    await house.broker.close()


Scenario = Callable[[House], Awaitable[None]]

LIMITS = {
    reasons.TOO_MANY_CONNECTIONS: {"connections": 2},
    reasons.TOO_FAST: {"address_connect_rate": 1},
    reasons.TOO_MANY_FAILED_LOGINS: {"address_failed_logins": 1},
    reasons.SLOW_READER: {"packet_size": 1000, "write_soft": 1000, "write_hard": 2000},
    reasons.NO_ROOM: {"buffer_bytes": 100},
}
"""What the scenario of a reason needs, where the limits are too far away."""

SCENARIOS: dict[str, tuple[str, Scenario]] = {
    reasons.TOO_MANY_CONNECTIONS: (REFUSED, lambda house: open_sockets(house, 3)),
    reasons.TOO_FAST: (REFUSED, lambda house: open_sockets(house, 11)),
    reasons.TOO_MANY_FAILED_LOGINS: (REFUSED, guess),
    reasons.HANDSHAKE_FAILED: (REFUSED, speak_no_tls),
    reasons.HANDSHAKE_LOST: (REFUSED, break_off_the_handshake),
    reasons.HANDSHAKE_TIMEOUT: (REFUSED, never_shake_hands),
    reasons.BAD_VERSION: (REFUSED, lambda house: log_in(house, level=5)),
    reasons.BAD_CLIENT_ID: (REFUSED, lambda house: log_in(house, "", clean=False)),
    reasons.UNAVAILABLE: (REFUSED, lambda house: log_in(house, password=b"%d" % UNAVAILABLE)),
    reasons.BAD_CREDENTIALS: (REFUSED, lambda house: log_in(house, password=b"%d" % BAD_CREDENTIALS)),
    reasons.NOT_AUTHORIZED: (REFUSED, lambda house: log_in(house, password=b"%d" % NOT_AUTHORIZED)),
    reasons.DISCONNECTED: (CLOSED, lambda house: say(house, wire.DISCONNECT)),
    reasons.LOST: (CLOSED, vanish),
    reasons.TAKEN_OVER: (CLOSED, come_twice),
    reasons.KEEP_ALIVE: (CLOSED, be_silent),
    reasons.CONNECT_TIMEOUT: (CLOSED, never_connect),
    reasons.MALFORMED: (CLOSED, lambda house: say(house, wire.packet(0xC1))),
    reasons.FORBIDDEN: (CLOSED, lambda house: say(house, *[wire.publish("no")] * 20)),
    reasons.SLOW_READER: (CLOSED, read_nothing),
    reasons.NO_ROOM: (CLOSED, lambda house: say(house, wire.publish("a", bytes(300))[:200])),
    reasons.HOOK_FAILED: (CLOSED, lambda house: say(house, wire.publish("bad"))),
    reasons.BROKER_CLOSED: (CLOSED, end_the_broker),
}


class Lines(list[logging.LogRecord]):
    """The broker's lines about the ends of connections, as they are written."""

    def take(self, record: logging.LogRecord) -> bool:
        if record.name == "henge_mqtt" and record.msg != CONNECTED:
            self.append(record)
        return True

    def reasons(self) -> list[str | None]:
        return [vars(record).get("reason") for record in self]

    def ends(self) -> list[logging.LogRecord]:
        return [record for record in self if record.msg in (REFUSED, CLOSED)]

    def texts(self) -> list[str]:
        return [record.getMessage() for record in self]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    found = Lines()
    caplog.handler.addFilter(found.take)
    return found


def fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: vars(record)[name] for name in FIELDS if name in vars(record)}


def test_every_reason_has_a_scenario():
    assert set(SCENARIOS) == set(REASONS) - {reasons.CONNECTED}


NAMELESS = {*reasons.OF_LIMITS.values(), reasons.BAD_VERSION, reasons.CONNECT_TIMEOUT} | {
    reason for reason in REASONS if "TLS" in reason
}
"""Where there was no CONNECT that could be read."""


@pytest.mark.parametrize("reason", SCENARIOS)
async def test_one_line_says_who_and_why(open_house: OpenHouse, lines: Lines, reason: str):
    house = await open_house(Gate(), **LIMITS.get(reason, {}))
    message, scenario = SCENARIOS[reason]
    await scenario(house)
    await house.until(lambda: reason in lines.reasons())
    line = lines[lines.reasons().index(reason)]
    said = fields(line)
    assert line.msg == message
    assert said["address"].startswith("127.0.0.1:")
    if reason not in NAMELESS:
        assert said["client"]
        assert said["user"] == "ann"
    assert ("lasted_s" in said) == (message is CLOSED)
    await house.broker.close()
    assert [other for other in lines.ends() if fields(other)["address"] == said["address"]] == [line]


@pytest.mark.parametrize(
    "reason", [reasons.BAD_CREDENTIALS, reasons.BAD_VERSION, reasons.MALFORMED, reasons.HOOK_FAILED]
)
async def test_line_says_what_exactly_where_there_is_more_to_say(open_house: OpenHouse, lines: Lines, reason: str):
    house = await open_house(Gate())
    await SCENARIOS[reason][1](house)
    await house.until(lambda: bool(lines.ends()))
    assert (
        fields(lines.ends()[0])["detail"]
        == {
            reasons.BAD_CREDENTIALS: "as it was told",
            reasons.BAD_VERSION: "protocol MQTT level 5 is not spoken here, only MQTT 3.1.1",
            reasons.MALFORMED: "a packet that begins with 0xc1, which a client must not send",
            reasons.HOOK_FAILED: "hook on a packet",
        }[reason]
    )


async def test_line_says_how_long_a_connection_lasted(house: House, lines: Lines):
    client = await house.client("lamp")
    house.pass_time(75)
    client.send(wire.DISCONNECT)
    await client.until_closed()
    assert fields(lines.ends()[0])["lasted_s"] == 75


async def test_will_on_a_forbidden_topic_is_one_line(open_house: OpenHouse, lines: Lines):
    house = await open_house(Gate())
    await log_in(house, will=("no", b"", 0, False))
    await house.until(lambda: bool(lines))
    assert [fields(line)["detail"] for line in lines] == ["it must not have a will on 'no'"]


async def refused(house: House, count: int, client_id: str = "lamp") -> None:
    for _ in range(count):
        client = await house.open()
        client.send(wire.connect(client_id, password=b"4", username="ann"))
        await client.until_closed()


async def test_lines_of_one_kind_are_counted_when_there_are_many(open_house: OpenHouse, lines: Lines):
    house = await open_house(Gate())
    await refused(house, KEPT + 20)
    assert len(lines) == KEPT
    house.pass_time(WINDOW_S)
    assert lines.texts()[KEPT:] == [f"{REFUSED}, and more like it in the last minute"]
    assert fields(lines[-1]) | {"address": "-"} == {
        "client": "lamp",
        "user": "ann",
        "address": "-",
        "reason": reasons.BAD_CREDENTIALS,
        "detail": "as it was told",
        "more": 20,
    }


async def test_lines_are_written_again_when_the_minute_is_over(open_house: OpenHouse, lines: Lines):
    house = await open_house(Gate())
    await refused(house, KEPT + 1)
    house.pass_time(WINDOW_S)
    await refused(house, 3)
    house.pass_time(WINDOW_S)
    assert len(lines) == KEPT + 1 + 3


async def test_others_are_seen_in_a_flood(open_house: OpenHouse, lines: Lines):
    house = await open_house(Gate())
    lamp = await house.client("lamp")
    await refused(house, KEPT + 5, "lamp")
    lamp.send(wire.DISCONNECT)
    await lamp.until_closed()
    assert fields(lines[-1])["reason"] == reasons.DISCONNECTED


async def test_what_was_held_back_is_said_when_the_broker_closes(open_house: OpenHouse, lines: Lines):
    house = await open_house(Gate())
    await refused(house, KEPT + 7)
    await house.broker.close()
    assert fields(lines[-1])["more"] == 7


def test_a_flood_from_everywhere_is_bounded(lines: Lines):
    journal = Journal(0, kinds=100)
    for number in range(1000):
        journal.refused(f"10.0.{number // 256}.{number % 256}:1", reasons.BAD_CREDENTIALS)
    assert len(lines) == 100 + KEPT
    journal.turn(WINDOW_S)
    assert [fields(line)["more"] for line in lines[100 + KEPT :]] == [1000 - 100 - KEPT]


def test_a_long_text_is_cut(lines: Lines):
    Journal(0).refused("10.0.0.1:1", reasons.BAD_CLIENT_ID, client="x" * 65_535)
    assert len(fields(lines[0])["client"]) < 2000
