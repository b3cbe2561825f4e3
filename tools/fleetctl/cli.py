"""The command line: its nouns, its one error boundary, its exit codes (fleetctl.errors lists them).

Heavy imports happen inside the command that needs them, so that `--help` and completion answer at once.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from fleetctl import __version__
from fleetctl.commands import (
    broker,
    config,
    demo,
    device,
    device_commands,
    device_replace,
    doctor,
    flash,
    schema,
    up,
    watch,
)
from fleetctl.errors import FleetctlError
from fleetctl.session import ContextOption, Given, OutputOption
from fleetctl.terminal import painted, printable

_EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 usage, 3 partly done, 4 not allowed, 5 not reachable, 6 differs, 130 interrupted."
)
# What writing to standard output fails with. Every other place that writes says so itself.
_OF_OUTPUT = (errno.EPIPE, errno.ENOSPC, errno.EIO)

app = typer.Typer(
    name="fleetctl",
    help="Keeps the configuration of a fleet of small boards: state what a board should be, see what it made of it.",
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,  # rich would double the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
)
up.register(app)
demo.register(app)
app.add_typer(schema.app, name="schema")
device_commands.register(device.app)
device_replace.register(device.app)
app.add_typer(device.app, name="device")
app.add_typer(config.app, name="config")
app.add_typer(broker.app, name="broker")
watch.register(app)
flash.register(app)
doctor.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"fleetctl {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    context: ContextOption = None,
    output: OutputOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    ctx.obj = Given(context, output)


def main(args: Sequence[str] | None = None) -> None:
    """Runs a command line (else this process's own) and ends with its exit code.

    The error boundary: an error that is known is a message and its code, anything else is a fault of fleetctl.
    """
    try:
        code = _run(args)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _OF_OUTPUT:
            raise
        code = _give_up_output(error)
    sys.exit(code)


def _run(args: Sequence[str] | None) -> int:
    """The exit code. Raises OSError where the output cannot be written."""
    try:
        app(args, prog_name="fleetctl")
    except SystemExit as end:
        return int(end.code or 0)
    except FleetctlError as error:
        sys.stdout.flush()
        _tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("HENGE_DEBUG") or (isinstance(error, OSError) and error.errno in _OF_OUTPUT):
            raise
        print(f"{_red('fault:')} fleetctl made a mistake: {type(error).__name__}: {error}", file=sys.stderr)
        print("Please report it, with what HENGE_DEBUG=1 shows when you repeat the command.", file=sys.stderr)
        return 1
    return 0


def _give_up_output(error: OSError) -> int:
    """Ends with 1; in silence where nobody reads any more, as behind `| head`."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # Python writes the rest when it ends, and would complain
    if error.errno != errno.EPIPE:
        print(f"{_red('error:')} The output cannot be written: {error.strerror}.", file=sys.stderr)
    return 1


def _tell(error: FleetctlError) -> None:
    if error.detail:
        print(f"{_red(error.label + ':')} {_lines(error.detail)}", file=sys.stderr)
    for problem in error.problems:
        print(f"  {printable(str(problem))}", file=sys.stderr)
    if error.todo:
        print(_lines(error.todo), file=sys.stderr)


def _lines(text: str) -> str:
    """A message may have several lines; nothing else in it may move the cursor."""
    return "\n".join(printable(line) for line in text.splitlines())


def _red(text: str) -> str:
    return painted(text, "red", sys.stderr)
