"""What keeps a server from starting: each a sentence that says what to do, exit code 1, and nothing harmed."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import cbor2
import lmdb
import pytest
from henge_server.server import Server
from henge_server.settings import split_address
from henge_server.store import layout
from henge_server.store.lmdb import LmdbStore

from tests.server.conftest import apply_lamp, client_of, registered, settings_in
from tests.server.process import PATIENCE_S, ServerProcess, end, start_up

ANY = "127.0.0.1:0"


async def refused(data: Path, http: str = ANY, mqtt: str = ANY, mqtts: str = ANY, **environment: str) -> str:
    """Starts a server that must not come up; what it says."""
    process = await start_up(data, http, mqtt, mqtts, **environment)
    try:
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        await end(process)
    text = errors.decode()
    assert output == b"", text
    assert process.returncode in (1, 2), text
    assert "Traceback" not in text
    return text


async def said_at_the_start(data: Path, **environment: str) -> str:
    """What a server that comes up writes into its log, warnings and worse."""
    process = await start_up(data, ANY, ANY, **{"HENGE_LOG_LEVEL": "warning"} | environment)
    try:
        assert process.stdout
        assert await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        process.terminate()
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        await end(process)
    return errors.decode()


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


@pytest.mark.parametrize("setting", ["mqtt", "mqtts"])
async def test_mqtt_port_in_use(data: Path, taken: str, setting: str) -> None:
    text = await refused(data, **{setting: taken})
    assert text.count(taken.partition(":")[2]) == 1
    assert "mosquitto" in text
    assert f"--{setting} HOST:PORT" in text


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


async def test_master_key_of_another_store(stopped: Path) -> None:
    right = (stopped / "master.key").read_text()
    (stopped / "master.key").write_text("00" * 32 + "\n")
    assert "not the one" in await refused(stopped)
    (stopped / "master.key").write_text(right)
    async with Server(settings_in(stopped)):
        pass


@pytest.mark.parametrize("is_right", [True, False])
async def test_store_that_does_not_know_its_master_key_yet(stopped: Path, is_right: bool) -> None:
    async with Server(settings_in(stopped)) as server, client_of(server) as api:
        await apply_lamp(api)
        await registered(api, "porch")
    with lmdb.open(str(stopped / "store"), lib_version=0) as env, env.begin(write=True) as txn:
        assert txn.delete(layout.KEY_CHECK)
    if not is_right:
        (stopped / "master.key").write_text("00" * 32 + "\n")
        assert "not the one" in await refused(stopped)
        return
    async with Server(settings_in(stopped)):
        pass
    (stopped / "master.key").write_text("00" * 32 + "\n")
    assert "not the one" in await refused(stopped)


async def test_master_key_that_others_can_read(stopped: Path) -> None:
    (stopped / "master.key").chmod(0o644)
    assert f"chmod 600 {stopped / 'master.key'}" in await said_at_the_start(stopped)


async def test_start_that_was_cut_off_before_the_master_key(data: Path) -> None:
    await (await LmdbStore.open(data / "store")).close()
    async with Server(settings_in(data)):
        pass
    assert (data / "master.key").exists()


@pytest.mark.parametrize("lose", [shutil.rmtree, lambda store: (store / "data.mdb").write_bytes(b"")])
async def test_store_that_lost_its_data(stopped: Path, lose: Callable[[Path], object]) -> None:
    lose(stopped / "store")
    for _ in range(2):
        text = await refused(stopped)
        assert "lost" in text
        assert "Put a copy of the folder back" in text


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
    text = await refused(stopped)
    assert str(stopped / "store") in text
    assert "Put a copy of the folder back" in text


async def test_settings_that_do_not_fit(data: Path) -> None:
    assert "log_level" in await refused(data, HENGE_LOG_LEVEL="loud")
    write(data / "henge.toml", "log_format = 'loud'\n")
    assert "log_format" in await refused(data)


async def test_limits_that_do_not_fit(data: Path) -> None:
    assert "HENGE_LIMITS is not JSON" in await refused(data, HENGE_LIMITS="{")
    assert "held must be more than 0" in await refused(data, HENGE_LIMITS='{"held": 0}')
    write(data / "henge.toml", "[limits]\nconections = 5\n")
    assert "is 'connections' meant?" in await refused(data)


async def test_limit_that_is_set_holds(data: Path) -> None:
    write(data / "henge.toml", "[limits]\nconnections = 1\n")
    async with Server(settings_in(data)) as server:
        _, first = await asyncio.open_connection(*split_address(server.ready.mqtt))
        reader, second = await asyncio.open_connection(*split_address(server.ready.mqtt))
        with pytest.raises((EOFError, ConnectionError)):
            await reader.readexactly(1)
        first.close()
        second.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 'red'\n", ", feed_keep_s, http, "),
        ("htp = 1\n", "is `http` meant?"),
        ("data = '/elsewhere'\n", "--data"),
        ("= nothing\n", "line 1"),
        ("http = 1\nhttp = 2\n", "cannot be read"),
    ],
)
async def test_settings_file_that_cannot_be_used_is_named(data: Path, text: str, said: str) -> None:
    write(data / "henge.toml", text)
    with pytest.raises(ValueError, match=r".") as found:
        settings_in(data)
    assert str(found.value).startswith(str(data / "henge.toml"))
    assert said in str(found.value)
    assert said in await refused(data)


async def test_settings_file_that_is_a_folder_is_named(data: Path) -> None:
    write(data / "henge.toml", "")
    swap(data / "henge.toml")
    assert str(data / "henge.toml") in await refused(data)


async def test_variable_that_is_no_setting(data: Path) -> None:
    said = await said_at_the_start(data, HENGE_HTPP="x", HENGE_CONTEXT="local", HENGE_DEV="./dev")
    assert "HENGE_HTPP" in said
    assert "HENGE_HTTP" in said.replace("HENGE_HTPP", "")
    assert len(said.splitlines()) == 1


async def test_address_that_is_none(data: Path) -> None:
    assert "HOST:PORT" in await refused(data, http="8470")
