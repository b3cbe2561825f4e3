"""Why there is no connection, in words, and how long the server waits before it tries again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from henge_server import moments
from henge_server.announcements import Announcements
from henge_server.commands import Commands
from henge_server.configs import Configs
from henge_server.devices import Devices
from henge_server.dispatch import Dispatch
from henge_server.documents import Documents
from henge_server.fitting import Fitting
from henge_server.intake import Intake
from henge_server.keys import Keys
from henge_server.mqtt.account import Account
from henge_server.mqtt.outside import OutsideMqtt, State
from henge_server.presence import Presence
from henge_server.slices import Slices
from henge_server.store.lmdb import LmdbStore
from henge_server.timeline import Timeline
from henge_server.watch import Watch

from tests.ports import free_port
from tests.server.outside import brokers
from tests.server.outside.brokers import PATIENCE_S, OutsideBroker


class Waits:
    """Takes the place of sleeping: says how long, and goes on when it is told to."""

    def __init__(self) -> None:
        self._asked: asyncio.Queue[float] = asyncio.Queue()
        self._go = asyncio.Semaphore(0)

    async def pause(self, seconds: float) -> None:
        self._asked.put_nowait(seconds)
        await self._go.acquire()

    async def next(self) -> float:
        """How long it wants to wait now."""
        return await asyncio.wait_for(self._asked.get(), PATIENCE_S)

    def go_on(self) -> None:
        self._go.release()


class Lone:
    """The outside part of a server alone: half of every span is waited, and the clock stands still unless moved."""

    def __init__(self, store: LmdbStore, account: Account) -> None:
        keys = Keys(bytes(32))
        documents, lock = Documents(keys, store.epoch), asyncio.Lock()
        announcements = Announcements(store, Slices(), moments.now)
        devices = Devices(store, keys, documents, announcements, moments.now, lock)
        configs = Configs(store, devices, documents, announcements, moments.now, Timeline(), lock)
        fitting = Fitting(store, configs, announcements, Slices())
        presence = Presence(lambda *_: None, moments.now)
        commands = Commands(store, devices, moments.now)
        watch = Watch(store, moments.now)
        intake = Intake(store, commands, announcements, fitting, watch, presence, Timeline(), Slices(), moments.now)
        self.waits = Waits()
        self.now = 0.0
        self.mqtt = OutsideMqtt(
            account,
            store,
            devices,
            intake,
            presence,
            Dispatch(commands, presence, Slices(), moments.now),
            fitting,
            chance=lambda: 0.5,
            pause=self.waits.pause,
            clock=lambda: self.now,
        )
        self.task = asyncio.create_task(self.mqtt.run())

    async def is_(self, state: State) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.mqtt.state is not state:  # noqa: ASYNC110 - another program raises no event
                await asyncio.sleep(0.01)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LmdbStore]:
    found = await LmdbStore.open(tmp_path / "store")
    yield found
    await found.close()


@pytest.fixture
async def start(store: LmdbStore) -> AsyncIterator:
    found: list[Lone] = []

    def start_it(port: int, **more) -> Lone:
        found.append(Lone(store, Account("127.0.0.1", port, False, "henge_server", **more)))
        return found[-1]

    yield start_it
    for lone in found:
        lone.task.cancel()
        await asyncio.gather(lone.task, return_exceptions=True)


@pytest.fixture
async def guarded(mosquitto: Path, tmp_path: Path) -> AsyncIterator[OutsideBroker]:
    """It knows the user henge_server with the password `word`."""
    passwords = tmp_path / "passwords"
    passwords.write_text(
        "henge_server:$7$101$wYkgZ5PyVYS1fWfQ$IFfsN8SHIq4N1ZT6XnXRE0bsKHRttqunk1NWElOTmAd2gp3knTp9UIky40DPsZmcUD8+"
        "amUm8A5Eu4y9EJ/VJQ==\n"
    )
    found = brokers.mosquitto(mosquitto, tmp_path / "guarded", f"password_file {passwords}", anonymous=False)
    await found.start()
    yield found
    await found.stop()


async def test_span_doubles_when_nobody_listens(start):
    lone = start(free_port())
    for seconds in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0):
        assert await lone.waits.next() == seconds
        assert "nobody listens at 127.0.0.1" in str(lone.mqtt.not_ready())
        lone.waits.go_on()


async def test_wrong_password_is_said_and_tried_seldom_until_it_is_right(start, guarded: OutsideBroker, tmp_path: Path):
    (tmp_path / "password").write_text("guessed\n")
    lone = start(guarded.port, user="henge_server", password_file=tmp_path / "password")
    assert await lone.waits.next() == 5.0
    assert lone.mqtt.state is State.REFUSED
    assert "does not let in the user 'henge_server'" in str(lone.mqtt.not_ready())
    lone.waits.go_on()
    assert await lone.waits.next() == 10.0
    (tmp_path / "password").write_text("word\n")
    lone.waits.go_on()
    await lone.is_(State.CONNECTED)
    assert (lone.mqtt.stats.connects, lone.mqtt.stats.refused) == (1, 2)


async def test_password_file_that_is_gone_is_said(start, guarded: OutsideBroker, tmp_path: Path):
    lone = start(guarded.port, user="henge_server", password_file=tmp_path / "none")
    assert await lone.waits.next() == 5.0
    assert "No such file" in str(lone.mqtt.not_ready())


async def test_waits_are_short_again_when_the_connection_had_lived(start, plain: OutsideBroker):
    lone = start(plain.port)
    await lone.is_(State.CONNECTED)
    lone.now += 60
    await plain.stop()
    assert await lone.waits.next() == 0.25
    lone.waits.go_on()
    assert await lone.waits.next() == 0.5


async def test_another_client_of_the_same_id_is_suspected_when_connections_are_closed_early(
    start, plain: OutsideBroker, capsys: pytest.CaptureFixture[str]
):
    lone = start(plain.port)
    for _ in range(3):
        await lone.is_(State.CONNECTED)
        async with aiomqtt.Client("127.0.0.1", plain.port, identifier="henge_server", clean_session=False):
            await lone.waits.next()
        lone.waits.go_on()
    assert "closed 3 times in a row: does another server use this client id?" in capsys.readouterr().out
