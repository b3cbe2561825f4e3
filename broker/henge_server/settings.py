"""What a person can set about the server: from `henge.toml` in the data folder, then the environment (`HENGE_...`),
then the call.

Every field is described in docs/operating.md.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from henge_mqtt import Limits
from henge_protocol import topics
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from henge_server.mqtt import url

_PREFIX = "HENGE_"
# Variables of that prefix that are no settings: the command line's, ./dev's and the demo's.
_OF_THE_TOOLS = ("HENGE_CONTEXT", "HENGE_DEV", "HENGE_DEBUG", "HENGE_MICROPYTHON")

_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")  # or an IPv6 address

DAY_S = 24 * 60 * 60


def default_data_folder() -> Path:
    """`henge` in the XDG data folder."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "henge"


class BadSettingsFile(ValueError):
    """`henge.toml` cannot be read, or sets what cannot be set there. The text names the file."""


class Settings(BaseSettings):
    """Addresses are HOST:PORT; port 0 takes a free one."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

    data: Path = Field(
        default_factory=default_data_folder, description="Folder of the store, the master key and the admin token"
    )
    http: str = Field(default="127.0.0.1:8470", description="Where the REST API listens")
    mqtt: str = Field(default="127.0.0.1:1883", description="Where the embedded broker listens without TLS")
    mqtts: str = Field(default="0.0.0.0:8883", description="Where the embedded broker listens with TLS")
    tls_names: str = Field(
        default="", description="Host names and addresses that the certificate is to have beside this host's own"
    )
    tls_cert: Path | None = Field(default=None, description="A certificate to use instead of the server's own, PEM")
    tls_key: Path | None = Field(default=None, description="Its key, PEM, where tls_cert does not hold it")
    tls_ca: Path | None = Field(default=None, description="The CA that issued it, PEM, where tls_cert does not hold it")
    broker: str = Field(
        default="", description="An outside broker to use instead of the embedded one: mqtt://HOST or mqtts://HOST"
    )
    broker_user: str = Field(default="", description="The server's user name at the outside broker")
    broker_password_file: Path | None = Field(default=None, description="File with that user's password")
    broker_ca_file: Path | None = Field(
        default=None, description="Certificate of the authority that the outside broker's is checked with, PEM"
    )
    broker_client_id: str = Field(
        default="henge_server", min_length=1, max_length=64, description="The server's client id at the outside broker"
    )
    log_level: str = Field(default="info", description="debug, info, warning or error")
    log_format: str = Field(default="text", description="text or json")
    limits: dict[str, float] = Field(default={}, description="Limits of the embedded broker that differ from its own")
    feed_keep_s: int = Field(default=7 * DAY_S, ge=60, description="Seconds for which the change feed goes back")
    store_max_bytes: int = Field(
        default=16 << 30, ge=1 << 20, description="Largest size of the store; address space, not disk"
    )

    @field_validator("http", "mqtt", "mqtts")
    @classmethod
    def _is_address(cls, value: str) -> str:
        split_address(value)
        return value

    @field_validator("tls_names")
    @classmethod
    def _are_names(cls, value: str) -> str:
        for name in split_names(value):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is neither a host name nor an address")
        return value

    @model_validator(mode="after")
    def _has_a_certificate(self) -> "Settings":
        if self.tls_cert is None and (self.tls_key or self.tls_ca):
            raise ValueError("tls_key and tls_ca go with tls_cert, which is not set")
        return self

    @model_validator(mode="after")
    def _has_a_user(self) -> "Settings":
        if self.broker_password_file and not self.broker_user:
            raise ValueError("broker_password_file goes with broker_user, which is not set")
        return self

    @field_validator("limits")
    @classmethod
    def _are_limits(cls, value: dict[str, float]) -> dict[str, float]:
        Limits.of(value)
        return value

    @field_validator("broker")
    @classmethod
    def _is_broker(cls, value: str) -> str:
        if value:
            url.check(value)
        return value

    @field_validator("broker_client_id")
    @classmethod
    def _is_no_devices(cls, value: str) -> str:
        """A device of that id would take the connection from the server, and the server from the device."""
        if topics.is_device_id(value) or any(letter in "/+#" for letter in value) or not value.isprintable():
            raise ValueError("an id that no device can have, without /, + and #, for example henge_server")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value not in ("debug", "info", "warning", "error"):
            raise ValueError("one of debug, info, warning, error")
        return value

    @field_validator("log_format")
    @classmethod
    def _is_format(cls, value: str) -> str:
        if value not in ("text", "json"):
            raise ValueError("text or json")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The call wins over the environment, the environment over the file beside the data. Raises BadSettingsFile."""
        folder = init_settings().get("data") or os.environ.get("HENGE_DATA") or default_data_folder()
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, _read(Path(folder) / "henge.toml", settings_cls.model_fields)),
        )


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that look like settings and are none, each with the name that may be meant, or "".

    They stop nobody: a later version's setting, or another program's, may be among them.
    """
    known = [*(_PREFIX + name.upper() for name in Settings.model_fields), *_OF_THE_TOOLS]
    found = (name for name in environment if name.startswith(_PREFIX))
    return {name: _nearest(name, known) for name in sorted(found) if name.upper() not in known}


def _read(file: Path, known: Iterable[str]) -> dict[str, Any]:
    """What the file sets. Raises BadSettingsFile."""
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadSettingsFile(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadSettingsFile(f"{file} cannot be read: {error}") from error
    if "data" in found:
        raise BadSettingsFile(f"{file} sets `data`, but lies in the data folder itself: use --data DIR or HENGE_DATA")
    settable = sorted(set(known) - {"data"})
    for name in found:
        if name not in settable:
            near = _nearest(name, settable)
            hint = f"is `{near}` meant?" if near else f"there are {', '.join(settable)}"
            raise BadSettingsFile(f"{file} sets `{name}`, which is no setting; {hint}")
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1)), "")


def split_address(address: str) -> tuple[str, int]:
    """`HOST:PORT` or `[HOST]:PORT` in its parts. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{address!r} is not HOST:PORT, like 127.0.0.1:8470")
    return host.removeprefix("[").removesuffix("]"), int(port)


def split_names(names: str) -> frozenset[str]:
    """Host names and addresses, with commas or spaces between them."""
    return frozenset(names.replace(",", " ").lower().split())


def join_address(host: str, port: int) -> str:
    """The other way round; an IPv6 host gets its brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
