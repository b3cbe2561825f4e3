"""`python -m fleetsim.virtual DIR --kind esp32`: a virtual board to play with, until Ctrl-C."""

import argparse
import signal
import sys

from fleetsim.virtual import KINDS, Air, VirtualBoard
from fleetsim.virtual.life import NoInterpreter


def main() -> None:
    """Prints the port, then what the board prints."""
    parser = argparse.ArgumentParser(prog="python -m fleetsim.virtual", description=__doc__)
    parser.add_argument("folder", help="where the board's flash is kept; made where it is missing")
    parser.add_argument("--kind", choices=sorted(KINDS), default="esp32")
    parser.add_argument("--slow-flash", action="store_true", help="writing takes as long as on a real chip")
    parser.add_argument(
        "--wifi",
        metavar="NAME[:PASSWORD]",
        action="append",
        default=[],
        help="a simulated Wi-Fi in range; may be repeated",
    )
    options = parser.parse_args()
    air = Air()
    for network in options.wifi:
        ssid, _, password = network.partition(":")
        air.add(ssid, password)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        board = VirtualBoard(options.folder, options.kind, air, options.slow_flash)
    except (NoInterpreter, OSError) as error:
        sys.exit(f"no virtual board: {error}")
    with board:
        board.power_on()
        print(f"{board.kind} at {board.port}: mpremote connect {board.port}", flush=True)
        try:
            follow(board)
        except KeyboardInterrupt:
            print("\npower off")


def follow(board: VirtualBoard) -> None:
    """Copies the console to standard output, for ever."""
    for piece in board.prints():
        sys.stdout.write(piece.replace("\r\n", "\n"))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
