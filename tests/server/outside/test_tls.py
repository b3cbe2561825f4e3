"""TLS to an outside broker: its certificate has to be of the CA that is trusted, and for the name that is asked for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from henge_server.certificates.authority import Authority

from tests.ports import free_port
from tests.server.outside import brokers
from tests.server.outside.brokers import OutsideBroker
from tests.server.outside.conftest import StartServer, retained, until

_MANY = 300  # small messages in one TLS record: more than a look at the socket tells of


@dataclass
class Secure:
    """A mosquitto with TLS and without, and the file of its CA."""

    broker: OutsideBroker
    port: int
    ca: Path

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}"


def make_certificate(folder: Path, *names: str) -> None:
    authority = Authority.make()
    folder.mkdir()
    (folder / "ca.crt").write_bytes(authority.certificate)
    (folder / "broker.pem").write_bytes(authority.issue(names, datetime.now(UTC)))


async def secure(mosquitto: Path, folder: Path, *names: str) -> AsyncIterator[Secure]:
    make_certificate(folder, *names)
    port = free_port()
    lines = (f"listener {port} 127.0.0.1", f"certfile {folder}/broker.pem", f"keyfile {folder}/broker.pem")
    broker = brokers.mosquitto(mosquitto, folder, "persistence false", *lines)
    await broker.start()
    yield Secure(broker, port, folder / "ca.crt")
    await broker.stop()


@pytest.fixture
async def here(mosquitto: Path, tmp_path: Path) -> AsyncIterator[Secure]:
    """Its certificate is for this name."""
    async for found in secure(mosquitto, tmp_path / "here", "localhost"):
        yield found


@pytest.fixture
async def elsewhere(mosquitto: Path, tmp_path: Path) -> AsyncIterator[Secure]:
    """Its certificate is for another one."""
    async for found in secure(mosquitto, tmp_path / "elsewhere", "elsewhere.example"):
        yield found


async def test_document_is_published_over_tls(here: Secure, start_server: StartServer):
    outside = await start_server(here.broker, url=here.url, broker_ca_file=here.ca)
    (await outside.api.post("/devices", json={"id": "porch", "schema": "lamp"})).raise_for_status()
    await until(lambda: retained(here.broker, "porch", "desired"), 1)
    assert (outside.server.ready.mqtt, outside.server.ready.mqtts) == ("", f"localhost:{here.port}")


async def test_every_message_is_heard_when_many_come_in_one_piece(here: Secure, start_server: StartServer):
    for number in range(_MANY):
        await here.broker.publish(f"henge/v1/lamp-{number}/status", b"online", retain=True)
    outside = await start_server(here.broker, url=here.url, broker_ca_file=here.ca)
    await outside.counts("henge_outside_messages_ignored_total", _MANY, reason="not_registered")


async def test_certificate_is_refused_when_its_ca_is_not_trusted(here: Secure, start_server: StartServer):
    outside = await start_server(here.broker, ready=False, url=here.url)
    await until(lambda: outside.metric("henge_outside_connections_refused_total"), 1)
    why = await outside.why_not_ready()
    assert "is not from an authority that is trusted here" in why
    assert "broker_ca_file" in why


async def test_certificate_is_refused_when_it_is_for_another_name(elsewhere: Secure, start_server: StartServer):
    outside = await start_server(elsewhere.broker, ready=False, url=elsewhere.url, broker_ca_file=elsewhere.ca)
    await until(lambda: outside.metric("henge_outside_connections_refused_total"), 1)
    assert "is not for the name localhost" in await outside.why_not_ready()


@pytest.mark.parametrize(
    ("scheme", "is_secure", "said"),
    [("mqtts", False, "is mqtt:// meant?"), ("mqtt", True, "does it want TLS (mqtts://)?")],
)
async def test_reason_names_the_scheme_when_it_is_the_wrong_one(
    here: Secure, start_server: StartServer, scheme: str, is_secure: bool, said: str
):
    url = f"{scheme}://127.0.0.1:{here.port if is_secure else here.broker.port}"
    outside = await start_server(here.broker, ready=False, url=url, broker_ca_file=here.ca)

    async def is_said() -> bool:
        return said in await outside.why_not_ready()

    await until(is_said)
