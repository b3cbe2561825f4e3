"""Texts for a board's interpreter: the programs in aboard/, each with what it imports from there in front. Pure."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from importlib.resources import files

_ABOARD = "fleetctl.flash.aboard"
_OURS = f"from {_ABOARD}.files import "
# Bytes of a bundle sent at a time: a twelfth of a second at 115,200 baud, and the board's memory holds it four times.
PIECE = 1024
SWITCH_MARK = "# Left here by `fleetctl flash`"  # begins a main.py that has yet to put a new agent in place


def looking(paths: Iterable[str]) -> str:
    """Prints what the board is, and the digest of these files on it."""
    return f"{_program('look')}\nlook({[*paths]!r})\n"


def taking() -> str:
    """Defines what the calls below need; feeds the watchdog that it starts at each of them."""
    return _program("take")


def switch() -> str:
    """The main.py that puts a new agent in place."""
    return f"{SWITCH_MARK}, for one start.\n{_program('switch')}"


def finishing() -> str:
    """Runs that main.py where the board waits at its prompt, so that it need not start for it."""
    return (
        'names = dict(globals())\nnames["__name__"] = "finishing"\n'
        'exec(open("/main.py").read(), names)\nprint("henge-finished:")\n'
    )


def pieces(data: bytes, begun: int) -> Iterator[str]:
    """Calls that bring the board what follows the first `begun` bytes."""
    for offset in range(begun, len(data), PIECE):
        yield call("put", offset, b64encode(data[offset : offset + PIECE]).decode())


def call(function: str, *arguments: "str | int") -> str:
    """A call of one of the functions of take.py."""
    return f"{function}({', '.join(repr(argument) for argument in arguments)})\n"


def _program(name: str) -> str:
    return _text("files") + "".join(
        line for line in _text(name).splitlines(keepends=True) if not line.startswith(_OURS)
    )


def _text(name: str) -> str:
    return files(_ABOARD).joinpath(f"{name}.py").read_text("utf-8")
