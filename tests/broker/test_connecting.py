"""CONNECT and CONNACK: who gets in, with which answer, and what the application is told."""

import asyncio
import logging

import pytest
from henge_mqtt import ACCEPTED, BAD_CREDENTIALS, NOT_AUTHORIZED, UNAVAILABLE, Broker, Client, Hooks, ListenError

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder


class Doorkeeper(Hooks):
    """Answers every login with `code`, at once or as an awaitable."""

    def __init__(self, code, later: bool) -> None:
        self.code = code
        self.later = later
        self.seen: list[tuple] = []

    def authenticate(self, client: Client, password: bytes | None):
        self.seen.append(
            (client.id, client.username, password, client.keep_alive, client.clean_session, client.address)
        )
        return self._later() if self.later else self.code

    async def _later(self) -> int:
        await asyncio.sleep(0)
        return self.code


@pytest.mark.spec("3.1.4-5", "3.2.2-5")
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("code", [BAD_CREDENTIALS, NOT_AUTHORIZED, UNAVAILABLE])
async def test_refused_when_the_application_says_so(open_house: OpenHouse, code: int, later: bool):
    house = await open_house(Doorkeeper(code, later))
    client = await house.open()
    client.send(wire.connect("lamp"), wire.subscribe(("#", 1)), wire.publish("a", b"x", retain=True))
    assert await client.until_closed() == [(0x20, bytes([0, code]))]
    stats = house.broker.stats
    assert stats.refused_logins == 1
    assert stats.messages_in == stats.subscriptions == stats.malformed == 0
    assert not house.broker.clients


@pytest.mark.spec("3.2.2-6")
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("code", [6, 255])
async def test_closed_without_an_answer_for_a_code_that_mqtt_does_not_have(
    open_house: OpenHouse, code: int, later: bool
):
    client = await (await open_house(Doorkeeper(code, later))).open()
    client.send(wire.connect())
    assert await client.until_closed() == []


@pytest.mark.spec("3.2.2-4")
async def test_session_is_not_present_in_a_refusal(open_house: OpenHouse):
    house = await open_house()
    await (await house.client("lamp", clean=False)).close()
    house.hooks.authenticate = lambda client, password: BAD_CREDENTIALS
    client = await house.open()
    client.send(wire.connect("lamp", clean=False))
    assert await client.until_closed() == [(0x20, b"\x00\x04")]
    assert house.broker.stats.sessions == 1


@pytest.mark.spec("3.1.3-5")
@pytest.mark.parametrize("client_id", ["a", "0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ"])
async def test_accepted_with_an_id_of_digits_and_letters(house: House, client_id: str):
    await house.client(client_id)
    assert list(house.broker.clients) == [client_id]


@pytest.mark.spec("3.1.4-4", "3.2.2-3")
@pytest.mark.parametrize("later", [False, True])
async def test_accepted_with_all_that_the_hook_may_want_to_know(open_house: OpenHouse, later: bool):
    house = await open_house(Doorkeeper(ACCEPTED, later))
    client = await house.open()
    request = wire.connect("lamp", username="ann", password=b"\x00\xff", keep_alive=30, clean=False)
    assert await client.ask(request) == (0x20, b"\x00\x00")
    ((*seen, address),) = house.hooks.seen
    assert seen == ["lamp", "ann", b"\x00\xff", 30, False]
    assert address.startswith("127.0.0.1:")


@pytest.mark.spec("3.2.0-1")
async def test_packets_sent_before_connack_wait_for_it(open_house: OpenHouse):
    house = await open_house(Doorkeeper(ACCEPTED, True))
    client = await house.open()
    client.send(wire.connect(), wire.subscribe(("a", 1)))
    client.send(wire.publish("a", b"x", qos=1))
    assert [(await client.read()).first for _ in range(4)] == [0x20, 0x90, 0x32, 0x40]


async def test_large_packet_right_behind_a_connect_is_read(open_house: OpenHouse):
    house = await open_house(connect_size=100)
    client = await house.open()
    client.send(wire.connect() + wire.publish("a", bytes(1000), qos=1))
    assert [(await client.read()).first for _ in range(2)] == [0x20, 0x40]


@pytest.mark.spec("7.1.1-1")
async def test_one_byte_at_a_time(house: House):
    client = await house.open()
    for byte in wire.connect("lamp") + wire.publish("a", b"x" * 200, qos=1):
        client.send(bytes([byte]))
        await client.sent()
        await asyncio.sleep(0)
    assert [(await client.read()).first for _ in range(2)] == [0x20, 0x40]
    assert house.hooks.messages[0].payload == b"x" * 200


async def test_one_line_when_a_client_comes(open_house: OpenHouse, caplog):
    caplog.set_level(logging.INFO)
    house = await open_house()
    await house.client("porch")
    assert [(line.message, line.client) for line in caplog.records] == [("client connected", "porch")]


@pytest.mark.spec("3.1.3-6")
async def test_generated_id_for_an_empty_one_with_a_clean_session(house: House):
    await house.client("")
    await house.client("")
    assert len(house.broker.clients) == 2
    assert all(client_id.startswith("auto-") for client_id in house.broker.clients)


@pytest.mark.spec("3.1.3-7", "3.1.3-8", "3.2.2-5")
async def test_refused_for_an_empty_id_with_a_persistent_session(house: House):
    client = await house.open()
    client.send(wire.connect("", clean=False))
    assert await client.until_closed() == [(0x20, b"\x00\x02")]


@pytest.mark.spec("3.1.3-9")
@pytest.mark.limit("client_id_length")
async def test_refused_for_an_id_over_the_limit(open_house: OpenHouse):
    client = await (await open_house(client_id_length=5)).open()
    client.send(wire.connect("größe"))
    assert await client.until_closed() == [(0x20, b"\x00\x02")]


@pytest.mark.spec("3.1.2-2")
@pytest.mark.parametrize(("name", "level"), [("MQTT", 5), ("MQTT", 3), ("MQTT", 0x84), ("MQIsdp", 3)])
async def test_another_version_is_told_so(house: House, name: str, level: int):
    client = await house.open()
    client.send(wire.connect(name=name, level=level))
    assert await client.until_closed() == [(0x20, b"\x00\x01")]
    assert not house.hooks.presence


async def test_presence_when_a_client_comes_and_goes(house: House):
    client = await house.client("lamp")
    assert house.broker.clients["lamp"].connected
    known = house.broker.clients["lamp"]
    client.send(wire.DISCONNECT)
    await client.until_closed()
    assert house.hooks.presence == [("lamp", True, "connected"), ("lamp", False, "disconnected")]
    assert not known.connected
    assert not house.broker.clients


async def test_no_presence_when_the_login_comes_to_nothing(open_house: OpenHouse):
    hooks = Recorder()
    hooks.authenticate = lambda client, password: BAD_CREDENTIALS
    house = await open_house(hooks)
    client = await house.open()
    client.send(wire.connect())
    await client.until_closed()
    assert hooks.presence == []


async def test_ended_by_the_application(house: House):
    client = await house.client("lamp")
    assert house.broker.disconnect("lamp", "removed")
    assert await client.until_closed() == []
    assert not house.broker.disconnect("lamp", "removed")
    assert house.hooks.presence[-1] == ("lamp", False, "removed")


async def test_login_decided_after_the_client_has_gone(open_house: OpenHouse):
    hooks = Recorder()
    decided: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    hooks.authenticate = lambda client, password: decided
    house = await open_house(hooks, connect_timeout=5)
    client = await house.open()
    client.send(wire.connect())
    await house.until(lambda: house.broker.stats.bytes_in > 0)
    house.pass_time(10)
    decided.set_result(ACCEPTED)
    assert await client.until_closed() == []
    assert hooks.presence == []


async def test_listen_error_when_the_port_is_in_use(house: House):
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{house.port}: .*in use"):
        await Broker().listen("127.0.0.1", house.port)


async def test_close_ends_every_connection_and_says_so(house: House):
    clients = [await house.client(name) for name in "abc"]
    await house.open()
    await house.broker.close()
    assert [await client.until_closed() for client in clients] == [[], [], []]
    assert sorted(entry for entry in house.hooks.presence if not entry[1]) == [
        (n, False, "the broker closed") for n in "abc"
    ]
    with pytest.raises(ConnectionRefusedError):
        await house.open()


async def test_listener_closed_leaves_connections_alone(house: House):
    listener = await house.broker.listen("127.0.0.1", 0)
    client = await house.client()
    await listener.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(listener.host, listener.port)
    assert await client.until_pong() == []


@pytest.mark.spec("3.2.2-6", "4.8.0-2")
@pytest.mark.parametrize("hook", ["authenticate", "may_publish", "on_presence"])
async def test_failing_hook_ends_that_client_only(open_house: OpenHouse, hook: str):
    house = await open_house()
    bystander = await house.client("bystander")
    setattr(house.hooks, hook, None)  # calling it raises TypeError
    client = await house.open()
    client.send(wire.connect("victim", will=("a", b"", 0, False)))
    assert all(answer.first == 0x20 for answer in await client.until_closed())
    assert await bystander.until_pong() == []
    assert list(house.broker.clients) == ["bystander"]
    assert house.broker.stats.hook_failures >= 1
    house.hooks = house.broker.hooks = Recorder()


@pytest.mark.spec("3.14.4-2")
async def test_nothing_is_done_after_disconnect(house: House):
    client = await house.client("lamp")
    client.send(wire.DISCONNECT + wire.publish("a", b"x", retain=True) + wire.connect("lamp") + b"\x00\x00")
    assert await client.until_closed() == []
    assert house.hooks.presence[-1] == ("lamp", False, "disconnected")
    assert house.broker.stats.messages_in == house.broker.stats.malformed == 0
