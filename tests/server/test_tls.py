"""The server and TLS: what the first start makes, who is served, and a certificate that changes under connections."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiomqtt
import httpx
import pytest
from henge_mqtt import Broker, Hooks
from henge_server.certificates import Issued, Keeper
from henge_server.certificates.authority import LIFETIME, Authority
from henge_server.server import Server

from tests.papers import Papers
from tests.server.conftest import Register, client_of, settings_in
from tests.server.test_certificates import HOME, Clock
from tests.server.test_starting import refused

PATIENCE_S = 20


def trusting(ca: bytes | str) -> ssl.SSLContext:
    """As strict as a client can be."""
    context = ssl.create_default_context(cadata=ca if isinstance(ca, str) else ca.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


async def test_a_device_connects_with_the_ca_that_the_api_hands_out(
    server: Server, register: Register, api: httpx.AsyncClient
) -> None:
    credential = await register("porch")
    async with httpx.AsyncClient() as stranger:  # it needs no token
        answer = await stranger.get(f"{server.ready.url}/api/v1/ca")
    assert answer.headers["content-type"] == "application/pem-certificate-chain"
    host, port = server.ready.mqtts.rsplit(":", 1)
    client = aiomqtt.Client(
        host,
        int(port),
        identifier="porch",
        username="porch",
        password=credential["password"],
        tls_context=trusting(answer.text),
    )
    async with client:
        await client.subscribe("henge/v1/porch/desired", qos=1)
        async with asyncio.timeout(PATIENCE_S):
            assert (await anext(client.messages)).retain


async def test_the_ca_is_the_same_after_a_restart(data: Path) -> None:
    seen = set()
    for _ in range(2):
        async with Server(settings_in(data)) as server, client_of(server) as api:
            seen.add((await api.get("/ca")).text)
    assert len(seen) == 1


async def test_a_certificate_that_is_brought_is_shown(data: Path, papers: Papers) -> None:
    settings = settings_in(data, tls_cert=papers.second, tls_ca=papers.ca)
    async with Server(settings) as server, client_of(server) as api:
        ca = (await api.get("/ca")).text
        assert "second.example" in await names_shown(int(server.ready.mqtts.rsplit(":", 1)[1]), ca)
    assert not (data / "tls").exists()


async def test_a_key_that_is_not_the_certificates_keeps_it_from_starting(data: Path, papers: Papers) -> None:
    environment = {"HENGE_TLS_CERT": papers.server, "HENGE_TLS_KEY": papers.second, "HENGE_TLS_CA": papers.ca}
    said = await refused(data, **{name: str(path) for name, path in environment.items()})
    assert f"the key in {papers.second} is not that of the certificate in {papers.server}" in said


async def test_settings_that_name_no_host_or_no_certificate_are_refused(data: Path, papers: Papers) -> None:
    assert "tls_names: 'a b_/c'" not in await refused(data, HENGE_TLS_NAMES="home.example, not/a/name")
    assert "go with tls_cert" in await refused(data, HENGE_TLS_KEY=str(papers.server))


async def test_the_ca_is_the_outside_brokers_where_there_is_one(data: Path, papers: Papers) -> None:
    settings = settings_in(data, broker="mqtts://127.0.0.1:1", broker_ca_file=papers.other_ca)
    async with Server(settings) as server, client_of(server) as api:
        assert (await api.get("/ca")).content == papers.other_ca.read_bytes()
    async with Server(settings_in(data, broker="mqtt://127.0.0.1:1")) as server, client_of(server) as api:
        answer = await api.get("/ca")
        assert (answer.status_code, "broker_ca_file" in answer.json()["detail"]) == (404, True)


# A certificate that changes while the broker listens.


class Host:
    """What the keeper is told of the host."""

    def __init__(self) -> None:
        self.names = set(HOME)
        self.clock = Clock()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
async def keeper(host: Host, tmp_path: Path) -> Keeper:
    keeper = Keeper(Issued(tmp_path / "tls", frozenset(), host.clock), lambda: host.names)
    await keeper.open()
    return keeper


@pytest.fixture
async def port(keeper: Keeper) -> AsyncIterator[int]:
    broker = Broker(Hooks())
    yield (await broker.listen("127.0.0.1", 0, ssl=keeper.context)).port
    await broker.close()


async def test_a_renewed_certificate_is_shown_and_who_is_connected_stays(host: Host, keeper: Keeper, port: int) -> None:
    tls = trusting(keeper.ca)
    async with aiomqtt.Client("127.0.0.1", port, tls_context=tls) as before:
        shown = await certificate_shown(port, tls)
        host.clock.now += LIFETIME - timedelta(days=30)
        await keeper.look()
        assert (await certificate_shown(port, tls))["serialNumber"] != shown["serialNumber"]
        await before.publish("still", b"here", qos=1)


async def test_a_new_address_is_in_the_certificate_without_a_restart(host: Host, keeper: Keeper, port: int) -> None:
    host.names.add("10.0.0.6")
    await keeper.look()
    assert "10.0.0.6" in await names_shown(port, keeper.ca)


async def test_the_certificate_stays_in_use_when_no_new_one_can_be_made(
    host: Host, keeper: Keeper, port: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tls" / "ca.key").write_bytes(Authority.make().key)
    host.names.add("10.0.0.6")
    await keeper.look()
    assert "the one before stays in use" in "".join(capfd.readouterr())
    assert "10.0.0.6" not in await names_shown(port, keeper.ca)


async def certificate_shown(port: int, tls: ssl.SSLContext) -> dict:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    found = writer.get_extra_info("peercert")
    writer.transport.abort()
    return found


async def names_shown(port: int, ca: bytes | str) -> list[str]:
    found = await certificate_shown(port, trusting(ca))
    return [name for _, name in found["subjectAltName"]]
