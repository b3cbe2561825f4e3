"""Choice: which port a board is on, where none was named. Several are listed and never tried out."""

from collections.abc import Sequence

from fleetctl.errors import Failed, Usage
from fleetctl.serialports import SerialPort

_CHECKS = """\
- Does the cable carry data? Many are for charging only.
- Is something lit on the board? Another socket, without a hub, may help.
- An ESP32 behind a CP210x or CH340 needs that driver: every Linux has it, containers and WSL do not pass it on.
- A Pico without MicroPython shows a drive, not a port: `--micropython IMAGE.uf2` uses that.
`fleetctl doctor` looks at this machine's side."""


def choose(ports: Sequence[SerialPort], kind: str = "") -> str:
    """The path of the one port with a board. Raises Usage where there are several, Failed where there is none."""
    # A bridge chip may have an ESP32 behind it, and never a Pico.
    boards = [port for port in ports if port.may_be_board and kind in ("", port.kind or "esp32")]
    if len(boards) == 1:
        return boards[0].path
    if boards:
        lines = "\n".join(f"  {port.named()}" for port in boards)
        raise Usage(f"Several ports may have the board. Name one with --port:\n{lines}")
    others = "".join(f"\n  {port.named()}" for port in ports)
    seen = f" There is, named with --port where it is the one:{others}" if ports else ""
    raise Failed(f"No board is plugged in as far as this machine can see.{seen}\n{_CHECKS}")
