"""The server: builds the parts, starts them in order, stops them in order. One process, one event loop.

The order of stopping is what keeps promises: first nobody new is let in, then what was accepted is written, then the
store is closed.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import structlog
import uvloop

from henge_server import __version__, keys, logs, master, moments, process
from henge_server.adoption import Adoption
from henge_server.announcements import Announcements
from henge_server.api.app import make_app
from henge_server.api.parts import Parts
from henge_server.certificates import Brought, Issued, Keeper, host_names
from henge_server.clients import Clients
from henge_server.commands import Commands
from henge_server.configs import Configs
from henge_server.devices import Devices
from henge_server.dispatch import Dispatch
from henge_server.documents import Documents
from henge_server.errors import CannotStart, HengeError
from henge_server.fitting import Fitting
from henge_server.http import Http
from henge_server.intake import Intake
from henge_server.lag import Lag
from henge_server.metrics import Metrics
from henge_server.models import AuditEntry, Token
from henge_server.mqtt.account import Account
from henge_server.mqtt.embedded import DeviceHooks, EmbeddedMqtt
from henge_server.mqtt.outside import OutsideMqtt
from henge_server.presence import Presence, Status
from henge_server.push import Push
from henge_server.schemas import Schemas
from henge_server.settings import Settings, join_address, split_address, split_names, unknown_variables
from henge_server.slices import Slices
from henge_server.store import Store, Write
from henge_server.store.lmdb import LmdbStore
from henge_server.timeline import Timeline
from henge_server.watch import Watch

_ADMIN = "admin"
_TOKEN_FILE = "admin-token"
_MASTER_KEY_FILE = "master.key"

log = structlog.get_logger("henge.server")


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the server listens (`mqtt` without TLS, `mqtts` with it), and the token of the person who started it.

    An outside broker listens in one of the two ways; the other one is empty.
    """

    url: str
    mqtt: str
    mqtts: str
    token: str


def serve(settings: Settings, on_ready: Callable[[Ready], None] | None = None) -> None:
    """Runs a server until SIGTERM, SIGINT or SIGHUP. Raises CannotStart, whose detail says what to do."""
    process.prepare()
    logs.set_up(settings.log_level, settings.log_format)
    for name, near in unknown_variables(os.environ).items():
        log.warning("a variable of the environment is no setting", name=name, meant=near or "?")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, on_ready))


async def _serve(settings: Settings, on_ready: Callable[[Ready], None] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # its terminal is closed, and nohup did not start it
        loop.add_signal_handler(signal.SIGHUP, stop.set)
    async with Server(settings) as server:
        process.settle()
        if on_ready:
            on_ready(server.ready)
        ready = server.ready
        where = {"url": ready.url, "mqtt": ready.mqtt, "mqtts": ready.mqtts, "data": str(settings.data)}
        log.info("ready", **where, version=__version__)
        await server.until(stop)
        log.info("stopping")


OpenStore = Callable[[Path, Settings, bool], Awaitable[Store]]  # the flag: whether it may make one


async def _open_store(folder: Path, settings: Settings, may_make: bool) -> Store:
    return await LmdbStore.open(
        folder, max_bytes=settings.store_max_bytes, feed_keep_s=settings.feed_keep_s, may_make=may_make
    )


class _Doors(NamedTuple):
    """Where devices connect without TLS and with it (HOST:PORT; empty for a way that there is not), and the CA."""

    plain: str
    secure: str
    ca: Callable[[], bytes]


class Server:
    """The parts, in a context: entered when everything listens, left when everything accepted is on disk."""

    ready: Ready

    def __init__(self, settings: Settings, open_store: OpenStore = _open_store) -> None:
        self._settings = settings
        self._open_store = open_store
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Server":
        try:
            self.ready = await self._start()
        except BaseException as error:
            await self._stack.aclose()
            if isinstance(error, (OSError, HengeError)) and not isinstance(error, CannotStart):
                raise CannotStart(f"The data folder {self._settings.data} cannot be used: {error}.") from error
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def until(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set. A part that dies ends the server, with its error: a half-working one helps
        nobody.
        """
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done():
                    log.error("a part of the server died; stopping", part=task.get_name())
                    task.result()
        finally:
            stopping.cancel()

    async def _start(self) -> Ready:
        settings = self._settings
        folder = _make_folder(settings.data)
        # The store is made before the key: a start that was cut off in between leaves no key without its store, which
        # is what a store that was lost looks like.
        key_file = folder / _MASTER_KEY_FILE
        store = await self._open_store(folder / "store", settings, not key_file.exists())
        self._stack.push_async_callback(store.close)
        secrets = await master.keys_of(store, key_file)
        token = await _admin_token(store, folder)

        timeline, slices, lag = Timeline(), Slices(), Lag()
        documents = Documents(secrets, store.epoch)
        membership = asyncio.Lock()
        announcements = Announcements(store, Slices(), moments.now)
        devices = Devices(store, secrets, documents, announcements, moments.now, membership)
        configs = Configs(store, devices, documents, announcements, moments.now, timeline, membership)
        schemas = Schemas(store, documents, announcements, moments.now, Slices(), membership)
        watch = Watch(store, moments.now)
        presence = Presence(lambda device, status, reason: _tell(watch, device, status, reason), moments.now)
        commands = Commands(store, devices, moments.now)
        fitting = Fitting(store, configs, announcements, Slices())
        intake = Intake(store, commands, announcements, fitting, watch, presence, timeline, Slices(), moments.now)
        dispatch = Dispatch(commands, presence, Slices(), moments.now)
        mqtt: EmbeddedMqtt | OutsideMqtt = EmbeddedMqtt(settings.limits)
        if settings.broker:
            mqtt = OutsideMqtt(Account.of(settings), store, devices, intake, presence, dispatch, fitting)
        self._run("push", Push(store, mqtt, dispatch, fitting, slices, timeline).run())
        self._run("dispatch", dispatch.run(mqtt))
        self._run("fitting", fitting.run(mqtt))
        self._run("watch", watch.run())
        self._run("intake", intake.run())
        self._run("lag", lag.run())

        doors = await self._let_devices_in(mqtt, DeviceHooks(store, devices, intake, presence, dispatch, fitting))
        metrics = Metrics(store, mqtt, intake, presence, lag)
        clients = Clients(mqtt, store, moments.now)
        adoption = Adoption(store, devices, announcements, schemas, configs)
        parts = Parts(
            store,
            devices,
            configs,
            schemas,
            adoption,
            commands,
            presence,
            watch,
            timeline,
            metrics,
            mqtt,
            clients,
            doors.ca,
        )
        app = make_app(parts)
        host, port = split_address(settings.http)
        http = Http(app, host, port)
        self._stack.push_async_callback(_stop_http, http, watch, self._run("http", http.run()))
        return Ready(url=f"http://{join_address(host, http.port)}", mqtt=doors.plain, mqtts=doors.secure, token=token)

    async def _let_devices_in(self, mqtt: EmbeddedMqtt | OutsideMqtt, hooks: DeviceHooks) -> _Doors:
        settings = self._settings
        if isinstance(mqtt, OutsideMqtt):
            self._run("outside broker", mqtt.run())
            where, tls = mqtt.account.where, mqtt.account.tls
            ca = settings.broker_ca_file.read_bytes() if tls and settings.broker_ca_file else b""
            return _Doors("" if tls else where, where if tls else "", lambda: ca)
        keeper = Keeper(_certificate_source(settings, settings.data), host_names)
        await keeper.open()
        self._run("certificates", keeper.run())
        self._stack.push_async_callback(mqtt.close)
        plain, secure = await mqtt.listen(settings.mqtt, settings.mqtts, keeper.context, hooks)
        return _Doors(join_address(plain.host, plain.port), join_address(secure.host, secure.port), lambda: keeper.ca)

    def _run(self, name: str, work) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        self._stack.push_async_callback(_end, task)
        return task


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _stop_http(http: Http, watch: Watch, task: asyncio.Task[None]) -> None:
    """Streams end first: they would hold the listener open."""
    watch.close()
    http.stop()
    await asyncio.gather(task, return_exceptions=True)


def _tell(watch: Watch, device: str, status: Status, reason: str) -> None:
    watch.tell(f"device.{status}", device, {"reason": reason})


def _certificate_source(settings: Settings, folder: Path) -> Issued | Brought:
    names = split_names(settings.tls_names)
    if settings.tls_cert:
        return Brought(settings.tls_cert, settings.tls_key, settings.tls_ca, names, moments.now)
    return Issued(folder / "tls", names, moments.now)


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be made: {error.strerror}. Choose another one with --data DIR."
        ) from error
    return folder


async def _admin_token(store: Store, folder: Path) -> str:
    """The token in the folder's file; a new one where there is no file, or where it is not one of this store."""
    kept = _kept_token(folder)
    if kept and await store.token(keys.fingerprint(kept)):
        return kept
    token = keys.new_password()
    now = moments.now()
    await store.write(
        Write(
            puts=[Token(sha256=keys.fingerprint(token), name=_ADMIN, at=now)],
            audit=[AuditEntry(at=now, by="server", action="token.add", target=_ADMIN)],
        )
    )
    keys.write_private(folder / _TOKEN_FILE, token + "\n")
    return token


def _kept_token(folder: Path) -> str:
    try:
        return (folder / _TOKEN_FILE).read_text().strip()
    except FileNotFoundError:
        return ""
