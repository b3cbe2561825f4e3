"""Contexts: the servers that this person knows, in `henge/fleetctl.toml` of the XDG config folder.

The file holds tokens, so it is made with mode 0600, and it is replaced whole, so that a reader never sees half of it.
"""

import fcntl
import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetctl import tomlfile
from fleetctl.errors import Failed, Usage

_MODE = 0o600
_FIELDS = ("server", "token", "mqtt", "demo", "mqtts")  # of an entry


@dataclass(frozen=True, slots=True)
class Context:
    """One server: where its API is, the token to use there and, where known, where boards connect (HOST:PORT), with TLS
    (`mqtts`) and without.

    `demo` is the folder of the demo that wrote it; empty for every context that a person or `fleetctl up` wrote.
    """

    name: str
    server: str
    token: str
    mqtt: str = ""
    demo: str = ""
    mqtts: str = ""


def default_path() -> Path:
    """`henge/fleetctl.toml` in the XDG config folder. Raises Failed where this user has no home."""
    folder = os.environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(folder) if folder else Path.home() / ".config") / "henge" / "fleetctl.toml"
    except RuntimeError as error:
        raise Failed("This user has no home folder. Set XDG_CONFIG_HOME to a folder of yours.") from error


class Contexts:
    """The file. Every method reads it anew: another fleetctl may have written it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._made: list[Path] = []  # folders that were not there before, the innermost first

    def find(self, name: str | None = None) -> Context:
        """The context of that name, else the one that HENGE_CONTEXT names, else the current one. Raises Usage."""
        content = self._read()
        wanted = name or os.environ.get("HENGE_CONTEXT") or content.get("current")
        if not wanted:
            raise Usage(
                "fleetctl knows no server yet. Start one with `fleetctl up`, or write one into "
                f'{self.path}:\n\n  current = "home"\n  [contexts.home]\n'
                '  server = "http://HOST:8470"\n  token = "TOKEN"'
            )
        entry = content["contexts"].get(wanted)
        if entry is None:
            known = ", ".join(sorted(content["contexts"])) or "none"
            source = (
                "--context" if name else "the variable HENGE_CONTEXT" if os.environ.get("HENGE_CONTEXT") else "current"
            )
            raise Usage(f"There is no context {wanted!r} in {self.path}, and {source} names it. There are: {known}.")
        return Context(wanted, *(entry.get(field, "") for field in _FIELDS))

    def names(self) -> list[str]:
        """The names of all contexts."""
        return sorted(self._read()["contexts"])

    def current(self) -> str:
        """The name of the current context; empty where none is."""
        return self._read().get("current", "")

    def put(self, context: Context, *, current_if_none: bool = False) -> None:
        """Writes one context, and makes it current where none is. The others stay. Raises Failed."""
        with self._changing() as content:
            entry = {field: getattr(context, field) for field in _FIELDS}
            merged = {**content["contexts"].get(context.name, {}), **entry}
            content["contexts"][context.name] = {key: value for key, value in merged.items() if value != ""}
            if current_if_none and not content.get("current"):
                content["current"] = context.name

    def remove(self, context: Context) -> None:
        """Takes a context out, unless another server was written under its name since; the last one takes the file
        with it. Raises Failed.
        """
        with self._changing() as content:
            if content["contexts"].get(context.name, {}).get("server") == context.server:
                del content["contexts"][context.name]

    def _read(self) -> dict:
        try:
            content = tomllib.loads(self._text())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Failed(f"{self.path} cannot be read: {reason}. Correct it, or move it away.") from error
        found = content.setdefault("contexts", {})
        if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
            raise Failed(f"{self.path}: contexts should be tables like [contexts.home]. Correct it, or move it away.")
        return content

    def _text(self) -> str:
        """What the file holds; empty where there is none."""
        try:
            return self.path.read_text()
        except FileNotFoundError:
            return ""

    @contextmanager
    def _changing(self) -> Iterator[dict]:
        """The content, to be changed; written when the block ends. One fleetctl at a time."""
        try:
            folder = self._locked()
            try:
                content = self._read()
                yield content
                text = tomlfile.changed(self._text(), content)
                if tomlfile.is_empty(text):
                    self._leave_nothing()
                else:
                    self._write(text)
            finally:
                os.close(folder)
        except OSError as error:
            raise Failed(f"{self.path} cannot be written: {error.strerror}.") from error

    def _locked(self) -> int:
        """The folder, open and locked; not the file, which is replaced."""
        while True:
            self._made += [folder for folder in self.path.parents if not folder.exists() and folder not in self._made]
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
            fcntl.flock(folder, fcntl.LOCK_EX)
            try:
                if os.path.samestat(os.fstat(folder), os.stat(self.path.parent)):
                    return folder
            except FileNotFoundError:
                pass
            os.close(folder)  # another fleetctl has removed it while this one waited

    def _leave_nothing(self) -> None:
        """Takes the file away, its folder, and those above it that this process has made."""
        self.path.unlink(missing_ok=True)
        try:
            for folder in dict.fromkeys([self.path.parent, *self._made]):
                folder.rmdir()
        except OSError:
            pass  # something else lies in it

    def _write(self, text: str) -> None:
        handle, new = tempfile.mkstemp(dir=self.path.parent, prefix=".fleetctl-")
        try:
            with os.fdopen(handle, "w") as file:
                os.fchmod(file.fileno(), _MODE)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)
        except BaseException:
            os.unlink(new)
            raise
