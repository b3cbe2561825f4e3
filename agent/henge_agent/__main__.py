"""`python -m henge_agent` and `micropython -m henge_agent`: the agent on a PC or a Raspberry Pi."""

import asyncio
import os
import sys

from henge_agent import address_text, credential_file
from henge_agent.address_text import BadAddress
from henge_agent.agent import Agent
from henge_agent.compat import IS_MICROPYTHON, reason
from henge_agent.computer import PROGRAM, hear_interrupts, recover_heap, write_line
from henge_agent.credential import Credential
from henge_agent.credential_file import BadCredential
from henge_agent.crew import Crew
from henge_agent.panel import Panel
from henge_agent.pc_board import PcBoard
from henge_agent.start import SAFE_AFTER
from henge_agent.trust import tls_context

USAGE = "usage: " + PROGRAM + " --server HOST:PORT --credential FILE --data DIR [--board pi] [--show]"
HELP = (
    USAGE
    + """

  --server HOST:PORT   where the server's MQTT listens, like 192.168.1.5:8883. With TLS at that port, and where the
                       credential holds a CA. mqtts://HOST insists on TLS (port 8883 where none is named), mqtt://HOST
                       goes without (1883)
  --credential FILE    what `fleetctl device add ID --out FILE` wrote
  --data DIR           where the configuration is kept; one folder for each device
  --board BOARD        pc, with a lamp and a thermometer that are simulated, or pi, a Raspberry Pi with what is wired to
                       it; pc where nothing is said
  --show               a line of JSON on standard output whenever the simulated board changes
  -h, --help           this text"""
)

_OPTIONS = ("--server", "--credential", "--data", "--board")
_BOARDS = ("pc", "pi")
_NO_CA = """{} holds no CA, so the server cannot be known, and TLS is not possible
`fleetctl device rotate {} --out FILE` writes one with it"""
_FAILED, _USAGE_ERROR, _INTERRUPTED = 1, 2, 130


class UsageError(Exception):
    """The program cannot start like this; the text says what to change."""


class Options:
    """The command line, checked. MicroPython has no argparse."""

    def __init__(self, arguments: "list[str]") -> None:
        found = {"--board": "pc"}
        self.show = False
        rest = list(arguments)
        while rest:
            name = rest.pop(0)
            if name == "--show":
                self.show = True
            elif name in _OPTIONS and rest:
                found[name] = rest.pop(0)
            else:
                problem = "needs a value" if name in _OPTIONS else "is not an option"
                raise UsageError("{} {}\n{}".format(name, problem, USAGE))
        for name in _OPTIONS:
            if not found.get(name):
                raise UsageError("{} is missing\n{}".format(name, USAGE))
        self.credential = _credential(found["--credential"])
        try:
            self.address = address_text.parse(found["--server"], bool(self.credential.authorities))
        except BadAddress as error:
            raise UsageError("--server {}: {}".format(found["--server"], error))
        if self.address.with_tls and not self.credential.authorities:
            raise UsageError(_NO_CA.format(found["--credential"], self.credential.device))
        self.data = found["--data"]
        self.board = found["--board"]
        if self.board not in _BOARDS:
            raise UsageError("--board {}: it is one of {}".format(self.board, ", ".join(_BOARDS)))
        if self.board == "pi" and IS_MICROPYTHON:
            raise UsageError("--board pi needs CPython, whose libraries reach the pins: henge-agent --board pi ...")
        if self.board == "pi" and self.show:
            raise UsageError("--show is for simulated boards: leave it out, or --board pi")


def _credential(path: str) -> Credential:
    try:
        with open(path) as file:
            return credential_file.parse(file.read())
    except BadCredential as error:
        todo = "copy it whole, or make another with `fleetctl device rotate ID --out FILE`"
        raise UsageError("{} is no credential: {}\n{}".format(path, error, todo))
    except (OSError, UnicodeError) as error:
        raise UsageError("cannot read the credential {}: {}".format(path, reason(error)))


def _context(options: Options):
    try:
        return tls_context(options.credential.authorities)
    except (OSError, ValueError) as error:
        raise UsageError("the CA in the credential cannot be used: {}".format(reason(error)))


def _board(options: Options, panel: "Panel | None") -> PcBoard:
    """Raises OSError."""
    if options.board == "pc":
        return PcBoard(options.data, panel)
    from henge_agent.pi.board import PiBoard  # gpiozero and threads, which MicroPython does not have

    return PiBoard(options.data, os.environ.get("NOTIFY_SOCKET", ""), os.environ.get("RUNTIME_DIRECTORY", ""))


async def run(options: Options) -> None:
    """The agent, and what shows it, until one of them ends."""
    panel = Panel(lambda line: write_line(sys.stdout, line)) if options.show else None
    try:
        board = _board(options, panel)
    except OSError as error:
        raise UsageError("cannot use the data folder {}: {}".format(options.data, reason(error)))
    device = options.credential.device
    agent = Agent(
        board,
        options.credential,
        options.address,
        log=lambda level, text: write_line(sys.stderr, "{}: {}".format(device, text)),
        observer=panel,
        tls=_context(options) if options.credential.authorities else None,
        is_safe=board.crashes >= SAFE_AFTER,
    )
    crew = Crew()
    crew.add("agent", agent.run())
    if panel:
        crew.add("panel", panel.run())
    try:
        await crew.first()
    finally:
        await crew.stop()


def main() -> None:
    """Leaves with 2 where it cannot start, 1 when nobody reads what it shows any more, 130 when it was interrupted."""
    hear_interrupts()
    try:
        if "--help" in sys.argv[1:] or "-h" in sys.argv[1:]:
            write_line(sys.stdout, HELP)
            return
        asyncio.run(run(Options(sys.argv[1:])))
    except UsageError as error:
        write_line(sys.stderr, "henge_agent: " + str(error))
        sys.exit(_USAGE_ERROR)
    except KeyboardInterrupt:
        recover_heap()
        write_line(sys.stderr, "\nhenge_agent: interrupted")  # the terminal has left its ^C on a line without an end
        sys.exit(_INTERRUPTED)
    except OSError as error:  # whoever read --show has gone
        write_line(sys.stderr, "henge_agent: ended, nobody reads what it shows: " + reason(error))
        sys.exit(_FAILED)


if __name__ == "__main__":
    main()
