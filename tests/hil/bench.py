"""A bench: what is around a real board, from a TOML file that whoever built it wrote. See docs/hil.md for its form."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.hil import relay
from tests.hil.relay import Relay


class BadBench(ValueError):
    """The file does not say what is needed."""


@dataclass(frozen=True)
class Bench:
    """`wifi` is a name and a password, `address` this computer's as the board sees it."""

    wifi: tuple[str, str]
    address: str
    country: str
    relay: Relay


def read(path: Path) -> Bench:
    """Raises BadBench."""
    try:
        found = tomllib.loads(path.read_text())
        wifi = found["wifi"]
        return Bench(
            (wifi["name"], wifi["password"]),
            found["server"]["address"],
            wifi.get("country", ""),
            relay.from_table(found.get("relay")),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadBench(
            f"the bench file {path} cannot be used: {type(error).__name__} {error}; see docs/hil.md"
        ) from error
