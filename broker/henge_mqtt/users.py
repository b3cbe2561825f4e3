"""Hooks for the broker used by itself: anybody, or the users of a file. Whoever is in may use every topic."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from pathlib import Path

from henge_mqtt.client import Client
from henge_mqtt.errors import BrokerError
from henge_mqtt.hooks import ACCEPTED, BAD_CREDENTIALS, Hooks, Refusal

SHA256_HEX = re.compile(r"[0-9a-f]{64}")


class UsersError(BrokerError):
    """A users file that cannot be read or understood."""


class Users(Hooks):
    """Lets in whom `hashes` knows: user name -> SHA-256 of the password, in hex."""

    def __init__(self, hashes: dict[str, str]) -> None:
        self._hashes = hashes

    def authenticate(self, client: Client, password: bytes | None) -> int:
        known = self._hashes.get(client.username or "", "")
        given = hashlib.sha256(password or b"").hexdigest()
        if hmac.compare_digest(known, given):
            return ACCEPTED
        return Refusal(BAD_CREDENTIALS, "a wrong password" if known else "no such user")


def read_users(path: Path) -> Users:
    """Users from a file of `name:sha256` lines; empty lines and those with # in front are passed over.

    Raises UsersError with the line that is wrong.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsersError(f"cannot read {path}: {problem}") from problem
    return Users(dict(_parse(lines, path)))


def _parse(lines: Iterable[str], path: Path) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, _, digest = line.rpartition(":")
        if not name or not SHA256_HEX.fullmatch(digest.lower()):
            raise UsersError(f"{path}, line {number}: not `name:sha256`, with the SHA-256 of the password in hex")
        yield name, digest.lower()
