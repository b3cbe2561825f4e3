"""Credential files: what a board needs to connect, as the server gave it, in a file that only its owner can read."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from henge_protocol.topics import is_device_id

from fleetctl.errors import Failed


def with_ca(answer: dict[str, Any], ca: str) -> dict[str, Any]:
    """The server's answer with the CA, if there is one, in its credential: all that a board needs for TLS."""
    if not ca:
        return answer
    # First: of a file that is cut off, a board must not be left with a password, and no CA to know its server by.
    return {**answer, "credential": {"ca": ca, **answer["credential"]}}


class CredentialFile:
    """A file that is known to be writable before the server is asked: a credential is shown once."""

    def __init__(self, path: Path, temporary: TextIO, name: str) -> None:
        self.path = path
        self._temporary = temporary
        self._name = name

    def write(self, answer: dict[str, Any]) -> None:
        """Puts the server's answer in place, durably, mode 0600. Raises Failed."""
        try:
            json.dump(answer, self._temporary, indent=2)
            self._temporary.write("\n")
            self._temporary.flush()
            os.fsync(self._temporary.fileno())
            os.replace(self._name, self.path)
        except OSError as error:
            again = f"`fleetctl device rotate {answer['device']['id']} --out FILE` makes another."
            raise Failed(
                f"{self.path} could not be written: {error.strerror}. The credential is lost; {again}"
            ) from error


@contextmanager
def writable(path: Path, *, replace: bool) -> Iterator[CredentialFile]:
    """A credential file to be; nothing is left where it is not written. Raises Failed where it cannot be made."""
    if path.is_dir() or (path.exists() and not replace):
        raise Failed(f"{path} is there already, and may be another board's. Move it away, or name another file.")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made with mode 0600
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}. Nothing was asked of the server.") from error
    try:
        with open(handle, "w") as temporary:
            yield CredentialFile(path, temporary, name)
    finally:
        if os.path.exists(name):
            os.unlink(name)


def read(path: Path) -> tuple[str, str]:
    """User name and password in a credential file. Raises Failed."""
    try:
        found = json.loads(path.read_text("utf-8"))
        found = found.get("credential", found)
        user, password = found["username"], found["password"]
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        again = "`fleetctl device rotate ID --out FILE` makes another."
        raise Failed(f"{path} is no credential, as `fleetctl device add ID --out FILE` writes one. {again}") from error
    if not is_device_id(user) or not isinstance(password, str) or not password:
        raise Failed(f"{path} is no credential: its username is no device id, or its password is missing.")
    return user, password


def write_private(path: Path, text: str, mode: int) -> None:
    """Puts a file in place, whole and on disk before it has its name. One that was there keeps its owner, where this
    process may give it to somebody. Raises OSError.
    """
    before = path.stat() if path.exists() else None
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(handle, "w") as temporary:
            os.fchmod(temporary.fileno(), mode)
            if before and os.geteuid() == 0:
                os.fchown(temporary.fileno(), before.st_uid, before.st_gid)
            temporary.write(text)
            temporary.flush()
            os.fsync(temporary.fileno())
        os.replace(name, path)
    finally:
        if os.path.exists(name):
            os.unlink(name)
