"""TLS with clients that no one here wrote: mosquitto's, paho and OpenSSL's own."""

from __future__ import annotations

import asyncio
import logging
import queue
import ssl
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as paho
import pytest
from henge_mqtt import Broker, Hooks, Stats, server_context
from paho.mqtt.enums import CallbackAPIVersion

from tests.papers import Papers

PATIENCE_S = 20


class Door(NamedTuple):
    """A broker's TLS port, and what the broker has counted."""

    port: int
    stats: Stats


@pytest.fixture
async def door(papers: Papers) -> AsyncIterator[Door]:
    broker = Broker(Hooks())
    listener = await broker.listen("127.0.0.1", 0, ssl=server_context(papers.server))
    yield Door(listener.port, broker.stats)
    await broker.close()


async def output(program: Path | str, *arguments: str | Path) -> tuple[int, str]:
    """Exit code, and all that it says."""
    process = await asyncio.create_subprocess_exec(program, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    said, errors = await asyncio.wait_for(process.communicate(b""), PATIENCE_S)
    assert process.returncode is not None
    return process.returncode, (said + errors).decode(errors="replace")


async def failed(stats: Stats) -> None:
    """Returns when a handshake has failed, which the client may know before the broker."""
    async with asyncio.timeout(PATIENCE_S):
        while not stats.failed_handshakes:  # noqa: ASYNC110 - the broker has no event for it
            await asyncio.sleep(0.001)


def details(caplog: pytest.LogCaptureFixture) -> str:
    """Why connections were refused, as the log has it."""
    return " ".join(getattr(record, "detail", "") for record in caplog.records)


def mosquitto_arguments(port: int, ca: Path, host: str = "127.0.0.1") -> list[str | Path]:
    return ["-h", host, "-p", str(port), "--cafile", ca, "-t", "a", "-q", "1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
async def test_mosquittos_clients_are_served(
    door: Door, papers: Papers, mosquitto_pub: Path, mosquitto_sub: Path, host: str, version: str
):
    where = [*mosquitto_arguments(door.port, papers.ca, host), "--tls-version", version]
    assert (await output(mosquitto_pub, *where, "-r", "-m", "hello"))[0] == 0
    assert await output(mosquitto_sub, *where, "-C", "1") == (0, "hello\n")


async def test_mosquittos_client_with_another_ca_refuses_us_and_the_log_says_so(
    door: Door, papers: Papers, mosquitto_pub: Path, caplog: pytest.LogCaptureFixture
):
    code, _ = await output(mosquitto_pub, *mosquitto_arguments(door.port, papers.other_ca), "-m", "x")
    assert code != 0
    await failed(door.stats)
    assert "it does not trust this server's certificate" in details(caplog)


async def test_mosquittos_client_refuses_a_name_that_is_not_in_the_certificate(
    papers: Papers, mosquitto_pub: Path, caplog: pytest.LogCaptureFixture
):
    broker = Broker(Hooks())
    listener = await broker.listen("127.0.0.1", 0, ssl=server_context(papers.elsewhere))
    code, _ = await output(mosquitto_pub, *mosquitto_arguments(listener.port, papers.ca), "-m", "x")
    assert code != 0
    await failed(broker.stats)
    assert "perhaps because the name it connects to is not in this server's certificate" in details(caplog)
    await broker.close()


async def test_mosquittos_client_without_tls_is_closed_and_the_log_says_why(
    door: Door, mosquitto_pub: Path, caplog: pytest.LogCaptureFixture
):
    code, _ = await output(mosquitto_pub, "-h", "127.0.0.1", "-p", str(door.port), "-t", "a", "-m", "x")
    assert code != 0
    await failed(door.stats)
    assert "it does not speak TLS, and this port speaks nothing else" in details(caplog)


@pytest.mark.parametrize(("flag", "spoken"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
async def test_openssl_agrees_on_1_2_and_1_3_only(door: Door, papers: Papers, flag: str, spoken: bool, caplog):
    caplog.set_level(logging.INFO)
    code, said = await output(
        "openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-CAfile", papers.ca, "-x509_strict",
        *("-verify_return_error", "-verify_ip", "127.0.0.1", "-cipher", "ALL:@SECLEVEL=0", flag),
    )  # fmt: skip
    assert ("Server certificate" in said, code == 0) == (spoken, spoken), said
    if not spoken:
        await failed(door.stats)
    assert ("it speaks no TLS version that is spoken here" in details(caplog)) is not spoken


async def test_paho_is_served_when_it_trusts_us(door: Door, papers: Papers):
    client = paho_trusting(papers.ca)
    got: queue.Queue[bytes | bytearray] = queue.Queue()

    @client.connect_callback()
    def connected(*_: object) -> None:
        client.subscribe("a", 1)

    @client.subscribe_callback()
    def subscribed(*_: object) -> None:
        client.publish("a", b"hello", 1)

    @client.message_callback()
    def came(_: object, __: object, message: paho.MQTTMessage) -> None:
        got.put(message.payload)

    await asyncio.to_thread(client.connect, "127.0.0.1", door.port)
    client.loop_start()
    assert await asyncio.to_thread(got.get, timeout=PATIENCE_S) == b"hello"
    client.disconnect()
    await asyncio.to_thread(client.loop_stop)


async def test_paho_refuses_us_when_it_does_not(door: Door, papers: Papers):
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(paho_trusting(papers.other_ca).connect, "127.0.0.1", door.port)


def paho_trusting(ca: Path) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, "paho")
    client.tls_set(str(ca))
    return client
