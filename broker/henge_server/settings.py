"""What a person can set about the server: from `henge.toml` in the data folder, then the environment (`HENGE_...`),
then the call.

Every field is described in docs/operating.md.
"""

import os
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

DAY_S = 24 * 60 * 60


def default_data_folder() -> Path:
    """`henge` in the XDG data folder."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "henge"


class Settings(BaseSettings):
    """Addresses are HOST:PORT; port 0 takes a free one."""

    model_config = SettingsConfigDict(env_prefix="HENGE_", frozen=True, extra="forbid")

    data: Path = Field(
        default_factory=default_data_folder, description="Folder of the store, the master key and the admin token"
    )
    http: str = Field(default="127.0.0.1:8470", description="Where the REST API listens")
    mqtt: str = Field(default="0.0.0.0:1883", description="Where the embedded broker listens")
    log_level: str = Field(default="info", description="debug, info, warning or error")
    log_format: str = Field(default="text", description="text or json")
    feed_keep_s: int = Field(default=7 * DAY_S, ge=60, description="Seconds for which the change feed goes back")
    store_max_bytes: int = Field(
        default=16 << 30, ge=1 << 20, description="Largest size of the store; address space, not disk"
    )

    @field_validator("http", "mqtt")
    @classmethod
    def _is_address(cls, value: str) -> str:
        split_address(value)
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
        """The call wins over the environment, the environment over the file beside the data."""
        folder = init_settings().get("data") or os.environ.get("HENGE_DATA") or default_data_folder()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(folder) / "henge.toml")


def split_address(address: str) -> tuple[str, int]:
    """`HOST:PORT` or `[HOST]:PORT` in its parts. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{address!r} is not HOST:PORT, for example 127.0.0.1:8470")
    return host.removeprefix("[").removesuffix("]"), int(port)


def join_address(host: str, port: int) -> str:
    """The other way round; an IPv6 host gets its brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
