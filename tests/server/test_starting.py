"""What keeps a server from starting: each a sentence that says what to do, exit code 1, and nothing harmed."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import cbor2
import lmdb
import pytest
from henge_server.server import Server
from henge_server.store import layout

from tests.server.conftest import settings_in
from tests.server.process import PATIENCE_S, ServerProcess, end, start_up

ANY = "127.0.0.1:0"


async def refused(data: Path, http: str = ANY, mqtt: str = ANY, **environment: str) -> str:
    """Starts a server that must not come up; what it says."""
    process = await start_up(data, http, mqtt, **environment)
    try:
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        await end(process)
    text = errors.decode()
    assert output == b"", text
    assert process.returncode in (1, 2), text
    assert "Traceback" not in text
    return text


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def swap(path: Path) -> None:
    """A file becomes a folder and a folder a file: what nobody can read, not even root."""
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("")
    else:
        path.unlink()
        path.mkdir()


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield f"127.0.0.1:{other.getsockname()[1]}"


@pytest.fixture
async def stopped(data: Path) -> Path:
    """The folder of a server that ran once."""
    async with Server(settings_in(data)):
        pass
    return data


@pytest.fixture
async def running(data: Path) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(data)
    await server.start()
    yield server
    await server.end()


async def test_http_port_in_use(data: Path, taken: str) -> None:
    text = await refused(data, http=taken)
    assert taken in text
    assert "--http" in text


async def test_mqtt_port_in_use(data: Path, taken: str) -> None:
    text = await refused(data, mqtt=taken)
    assert taken in text
    assert "--mqtt" in text


async def test_second_server_on_one_folder(running: ServerProcess) -> None:
    text = await refused(running.data)
    assert "in use by another henge server" in text
    assert str(running.process.pid) in text
    async with running.client() as api:
        assert (await api.get("/devices")).status_code == 200


async def test_master_key_missing(stopped: Path) -> None:
    (stopped / "master.key").unlink()
    assert "master key" in await refused(stopped)
    assert not (stopped / "master.key").exists()


@pytest.mark.parametrize("content", ["", "not hexadecimal\n", "00ff\n"])
async def test_master_key_unreadable(stopped: Path, content: str) -> None:
    (stopped / "master.key").write_text(content)
    assert "master key" in await refused(stopped)


async def test_folder_that_is_a_file(data: Path) -> None:
    write(data, "")
    assert str(data) in await refused(data)


@pytest.mark.parametrize("name", ["master.key", "admin-token", "store"])
async def test_part_that_cannot_be_read(stopped: Path, name: str) -> None:
    swap(stopped / name)
    assert str(stopped) in await refused(stopped)


async def test_store_of_a_newer_format(stopped: Path) -> None:
    with lmdb.open(str(stopped / "store"), lib_version=0) as env, env.begin(write=True) as txn:
        meta = cbor2.loads(txn.get(layout.META) or b"")
        txn.put(layout.META, cbor2.dumps(meta | {"format": layout.FORMAT + 1}))
    assert "newer" in await refused(stopped)


async def test_store_that_is_none(stopped: Path) -> None:
    (stopped / "store" / "data.mdb").write_bytes(b"something else" * 1000)
    assert "store" in await refused(stopped)


async def test_settings_that_do_not_fit(data: Path) -> None:
    assert "log_level" in await refused(data, HENGE_LOG_LEVEL="loud")
    write(data / "henge.toml", "colour = 'red'\n")
    assert "colour" in await refused(data)
    write(data / "henge.toml", "= nothing")
    assert "henge.toml" in await refused(data)


async def test_address_that_is_none(data: Path) -> None:
    assert "HOST:PORT" in await refused(data, http="8470")
