"""Wi-Fi for boards: which networks, from a file or from the person at the terminal, never from the command line."""

import getpass
import os
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from fleetctl.errors import Failed, Usage
from fleetctl.terminal import is_terminal

EXAMPLE = 'country = "DE"\n[[networks]]\nssid = "home"\npassword = "..."'
_SSID_BYTES = 32  # IEEE 802.11, 9.4.2.2
_PASSWORD = (8, 64)  # characters of a WPA passphrase, 64 are a key in hexadecimal; none is an open network


class Wifi(NamedTuple):
    """`networks` are {"ssid", "password"} each, the preferred one first; `country` is two letters, or empty."""

    networks: list[dict[str, str]]
    country: str


def default_path() -> Path:
    """Where the networks are looked for when no file is named."""
    folder = os.environ.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "henge" / "wifi.toml"


def read(path: Path) -> Wifi:
    """From a file in TOML; `-` is standard input, or the person at it. Raises Failed."""
    if str(path) == "-" and is_terminal(sys.stdin):
        return ask()
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        found = tomllib.loads(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Failed(f"{path} cannot be read: {reason}. It should be like this:\n{EXAMPLE}") from error
    networks = found.get("networks")
    if not isinstance(networks, list) or not networks:
        raise Failed(f"{path} names no network. It should be like this:\n{EXAMPLE}")
    return Wifi([_network(entry, str(path)) for entry in networks], _country(found.get("country", ""), str(path)))


def ask() -> Wifi:
    """From the person. Raises Usage where there is nobody to be asked, Failed where the answers are no network."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise Usage(
            "Which Wi-Fi should the board join? There is no terminal to ask at: name a file with --wifi FILE, or "
            f"write {default_path()}, like this:\n{EXAMPLE}"
        )
    print("Wi-Fi for the board (only 2.4 GHz can be joined). Name: ", end="", file=sys.stderr, flush=True)
    ssid = sys.stdin.readline().strip()
    _typed(ssid)
    password = getpass.getpass(f"Password of {ssid} (none for an open network): ", sys.stderr)
    _typed(password)
    return Wifi([_network({"ssid": ssid, "password": password}, "That")], "")


def _typed(text: str) -> None:
    """Raises Failed where a key was pressed that writes no character, but a code that nobody sees."""
    if not text.isprintable():
        raise Failed("What was typed has characters that cannot be seen, as arrow keys make them. Run it again.")


def country(text: str) -> str:
    """Raises Usage."""
    try:
        return _country(text.upper(), "--country")
    except Failed as error:
        raise Usage(error.detail) from error


def _network(entry: Any, where: str) -> dict[str, str]:
    ssid, password = (entry.get("ssid"), entry.get("password", "")) if isinstance(entry, dict) else (None, None)
    if not isinstance(ssid, str) or not 0 < len(ssid.encode()) <= _SSID_BYTES:
        raise Failed(f"{where}: a network needs an ssid of 1 to {_SSID_BYTES} bytes.")
    low, high = _PASSWORD
    if not isinstance(password, str) or (password and not low <= len(password) <= high):
        raise Failed(f"{where}: the password of {ssid} has to have {low} to {high} characters.")
    return {"ssid": ssid, "password": password}


def _country(found: Any, where: str) -> str:
    if found and not (isinstance(found, str) and len(found) == 2 and found.isalpha() and found.isupper()):
        raise Failed(f"{where}: a country is two capital letters, as in DE or US.")
    return found
