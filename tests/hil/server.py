"""The server as a person runs it, `fleetctl up` in a process of its own, and the devices that scenarios are about."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from fleetctl.client import Client
from fleetctl.context import Context
from fleetctl.errors import FleetctlError

from tests.hil.boards import PATIENCE_S, until
from tests.ports import free_port

Json = dict[str, Any]


class Server:
    """On `address`, in one data folder; it keeps its ports when it is started again, so that boards find it."""

    def __init__(self, data: Path, address: str) -> None:
        self._data = data
        self._address = address
        local = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self._where = {"--http": local[0], "--mqtt": local[1], "--mqtts": f"{address}:{free_port()}"}
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def mqtts(self) -> str:
        """The address for /henge.json."""
        return f"mqtts://{self._address}:{self._where['--mqtts'].rpartition(':')[2]}"

    def start(self) -> None:
        """Returns when it is ready."""
        where = [part for option in self._where.items() for part in option]
        command = [sys.executable, "-m", "fleetctl", "-o", "json", "up", "--no-remember", "--data", str(self._data)]
        with (self._data / "errors").open("w") as errors:
            self._process = subprocess.Popen([*command, *where], stdout=subprocess.PIPE, stderr=errors, text=True)
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, (self._data / "errors").read_text()
        said = json.loads(line)
        token = (self._data / "admin-token").read_text().strip()
        self.context = Context("hil", said["url"], token, said["mqtt"], mqtts=said["mqtts"])
        self.client = Client(self.context, PATIENCE_S)

    def kill(self) -> None:
        """As its computer's power cut would end it."""
        assert self._process
        assert self._process.stdout
        self.client.__exit__(None, None, None)
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def add(self, name: str, settings: Json) -> tuple["Device", Json]:
        """A new device with a schema of these settings, and the credential for its board."""
        self.client.apply_schema(name, settings)
        credential = self.client.add_device({"id": name, "schema": name})["credential"]
        return Device(self, name), {"ca": self.client.ca(), **credential}


class Device:
    """One board, as the server knows it."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.name = name

    @property
    def seen(self) -> Json:
        """The device as the API shows it."""
        return self._server.client.device(self.name)

    @property
    def config(self) -> Json:
        return self._server.client.config(self.name)

    @property
    def is_online(self) -> bool:
        try:
            return self.seen["status"] == "online"
        except FleetctlError:
            return False  # the server is not there either

    @property
    def connection(self) -> str | None:
        """What tells this connection from the one before: the other end's address; None without one."""
        try:
            return str(self._server.client.broker_client(self.name)["address"])
        except FleetctlError:
            return None

    def wait_anew(self, before: str | None) -> None:
        """Until it has connected once more than when `connection` was `before`, and is in step."""
        until(f"{self.name} is back", lambda: self.connection not in (None, before))
        self.wait_in_step()

    @property
    def is_in_step(self) -> bool:
        """It is online, and uses what it should."""
        return self.is_online and self.config["sync"] == "in_step"

    def set(self, wait_s: float = PATIENCE_S, **values: object) -> Json:
        """Sets keys, with two underscores for a dot; what came of it within `wait_s` seconds."""
        patch = {key.replace("__", "."): value for key, value in values.items()}
        return self._server.client.patch_config(self.name, patch, wait_s)["outcome"]

    def ask(self, name: str, args: Json | None = None) -> Json:
        """A command, and what the board answered."""
        body = {"name": name, "args": args or {}}
        return self._server.client.send_command(self.name, body, PATIENCE_S)

    @property
    def announced(self) -> Json:
        """The settings of its firmware; none where it has not said yet."""
        try:
            return self._server.client.announcement(self.name)["settings"]
        except FleetctlError:
            return {}

    def adopt(self) -> None:
        """Puts it under a schema of what its firmware announces."""
        self._server.client.adopt_schema(self.name, f"{self.name}-own")

    def wait_online(self) -> None:
        until(f"{self.name} is online", lambda: self.is_online)

    def wait_in_step(self) -> None:
        until(f"{self.name} is in step", lambda: self.is_in_step)
