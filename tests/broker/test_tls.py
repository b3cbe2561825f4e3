"""TLS: who is served, who is refused and in which words, and what a socket in its handshake may cost."""

from __future__ import annotations

import asyncio
import logging
import ssl
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from henge_mqtt import CertificateError, load, server_context

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse
from tests.broker.wire import Wire
from tests.papers import Papers

V1_1, V1_2, V1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class SecureHouse:
    """A house with a second door, for TLS."""

    def __init__(self, house: House, port: int, context: ssl.SSLContext) -> None:
        self.house = house
        self.broker = house.broker
        self.port = port
        self.context = context

    async def open(self, tls: ssl.SSLContext | None = None) -> Wire:
        """A socket at the TLS door; with TLS where there is a context for it."""
        self.house.wires.append(await Wire.open(self.port, tls))
        return self.house.wires[-1]

    async def client(self, tls: ssl.SSLContext, client_id: str = "c", *filters: tuple[str, int]) -> Wire:
        """A connected client."""
        client = await self.open(tls)
        assert await client.ask(wire.connect(client_id)) == (0x20, b"\x00\x00")
        if filters:
            assert (await client.ask(wire.subscribe(*filters))).first == 0x90
        return client


OpenSecureHouse = Callable[..., Awaitable[SecureHouse]]


@pytest.fixture
def open_secure(open_house: OpenHouse, papers: Papers) -> OpenSecureHouse:
    async def make(**limits: float) -> SecureHouse:
        house = await open_house(**limits)
        context = server_context(papers.server)
        listener = await house.broker.listen("127.0.0.1", 0, ssl=context)
        return SecureHouse(house, listener.port, context)

    return make


@pytest.fixture
async def secure(open_secure: OpenSecureHouse) -> SecureHouse:
    return await open_secure()


def trusting(ca: Path, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client's context; `version` is the only one that it speaks."""
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 1.1 is what a test is about
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
            context.minimum_version = version
    return context


@pytest.mark.parametrize("version", [V1_2, V1_3])
async def test_a_client_is_served_with_either_version(secure: SecureHouse, papers: Papers, version: ssl.TLSVersion):
    client = await secure.client(trusting(papers.ca, version), "c", ("a", 1))
    plain = await secure.house.client("plain")
    plain.send(wire.publish("a", b"x" * 100_000, qos=1))
    assert (await client.read()).payload == b"x" * 100_000
    assert secure.broker.clients["c"].address.startswith("127.0.0.1:")


async def test_a_client_is_refused_when_it_speaks_1_1(secure: SecureHouse, papers: Papers, caplog):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await secure.open(trusting(papers.ca, V1_1))
    await told(secure, caplog, "it speaks no TLS version that is spoken here, which are 1.2 and 1.3")


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (wire.connect("c"), "it does not speak TLS, and this port speaks nothing else"),
        (b"GET / HTTP/1.1\r\nHost: henge\r\n\r\n", "it speaks HTTP, and this is the port for MQTT with TLS"),
        (b"\x00" * 100, "it does not speak TLS, and this port speaks nothing else"),
    ],
)
async def test_what_is_not_tls_is_closed_and_said(secure: SecureHouse, papers: Papers, caplog, first, words):
    other = await secure.client(trusting(papers.ca))
    client = await secure.open()
    client.send(first)
    assert await client.until_closed() == []
    await told(secure, caplog, words)
    assert await other.ask(wire.PINGREQ) == (0xD0, b"")


async def test_tls_on_the_port_without_is_closed_and_said(secure: SecureHouse, papers: Papers, caplog):
    caplog.set_level(logging.INFO)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await Wire.open(secure.house.port, trusting(papers.ca))
    words = "it speaks TLS, and this port does not"
    await secure.house.until(lambda: any(words in said["detail"] for said in lines(caplog)))


@pytest.mark.parametrize("begun", [b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
async def test_handshakes_that_never_end_are_bounded_and_end(open_secure: OpenSecureHouse, papers: Papers, begun):
    secure = await open_secure(connections=3, connect_timeout=5)
    mute = [await secure.open() for _ in range(3)]
    for client in mute:
        client.send(begun)
    await secure.house.until(lambda: secure.broker.stats.handshakes == 3)
    for further in (await secure.open(), await secure.house.open()):
        assert await further.until_closed() == []
    assert secure.broker.stats.refused_connections == 2
    secure.house.pass_time(7)
    for client in mute:
        assert await client.until_closed() == []
    assert (secure.broker.stats.handshakes, secure.broker.stats.timeouts) == (0, 3)
    assert await (await secure.client(trusting(papers.ca))).ask(wire.PINGREQ) == (0xD0, b"")


async def test_a_handshake_counts_no_longer_when_it_has_ended(open_secure: OpenSecureHouse, papers: Papers):
    secure = await open_secure(connections=1)
    for _ in range(3):
        client = await secure.client(trusting(papers.ca))
        assert (secure.broker.stats.handshakes, secure.broker.stats.connections) == (0, 1)
        await client.close()
        await secure.house.until(lambda: secure.broker.stats.connections == 0)


async def test_a_client_that_says_nothing_after_its_handshake_is_closed(secure: SecureHouse, papers: Papers):
    client = await secure.open(trusting(papers.ca))
    await secure.house.until(lambda: secure.broker.stats.connections == 1)
    secure.house.pass_time(secure.broker.limits.connect_timeout + 2)
    assert await client.until_closed() == []


async def test_who_has_left_at_once_is_still_known_by_its_address(secure: SecureHouse, papers: Papers, caplog):
    caplog.set_level(logging.INFO)
    client = await secure.open(trusting(papers.ca))
    await client.close()
    await secure.house.until(lambda: any(line["message"] == "connection closed" for line in lines(caplog)))
    (said,) = [line for line in lines(caplog) if line["message"] == "connection closed"]
    assert said["address"].startswith("127.0.0.1:")


async def test_closing_ends_handshakes_too(secure: SecureHouse):
    client = await secure.open()
    await secure.house.until(lambda: secure.broker.stats.handshakes == 1)
    await secure.broker.close()
    assert await client.until_closed() == []
    assert secure.broker.stats.handshakes == 0


async def test_a_new_certificate_is_shown_and_nobody_is_disconnected(secure: SecureHouse, papers: Papers):
    tls = trusting(papers.ca)
    before = await secure.client(tls, "before")
    load(secure.context, papers.second)
    after = await secure.client(tls, "after")
    assert ("DNS", "second.example") not in before.certificate["subjectAltName"]
    assert ("DNS", "second.example") in after.certificate["subjectAltName"]
    assert await before.ask(wire.PINGREQ) == (0xD0, b"")


async def test_a_certificate_that_cannot_be_used_leaves_the_one_before(secure: SecureHouse, papers: Papers):
    with pytest.raises(CertificateError, match="is not that of the certificate in"):
        load(secure.context, papers.ca, papers.server)
    with pytest.raises(CertificateError, match="cannot read"):
        load(secure.context, papers.folder / "nothing")
    await secure.client(trusting(papers.ca))


async def test_a_slow_reader_is_bounded_with_tls_too(open_secure: OpenSecureHouse, papers: Papers):
    secure = await open_secure(write_soft=64 * 1024)
    stuck = await secure.client(trusting(papers.ca), "stuck", ("big", 0))
    quick = await secure.client(trusting(papers.ca), "quick", ("small", 0))
    while not secure.broker.stats.dropped:
        secure.broker.publish("big", b"x" * 65536, qos=0)
        await asyncio.sleep(0)
    secure.broker.publish("small", b"y", qos=0)
    assert (await quick.read()).payload == b"y"
    assert stuck.certificate


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    """What the broker has logged: message and fields of each line."""
    return [{"detail": "", "message": record.getMessage(), **vars(record)} for record in caplog.records]


async def told(secure: SecureHouse, caplog: pytest.LogCaptureFixture, words: str) -> None:
    """Returns when the log names the address of who failed, and why."""
    await secure.house.until(lambda: secure.broker.stats.failed_handshakes == 1)
    (said,) = [line for line in lines(caplog) if line["message"] == "connection refused"]
    assert said["address"].startswith("127.0.0.1:")
    assert said["detail"].startswith(words)
