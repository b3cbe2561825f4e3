"""`python -m bench.serving DATA`: the server as `fleetctl up` runs it, on ports of its own, touching no context.

Prints where it listens as one line of JSON. Measures the lag of its event loop a second time, with the instrument
behind /metrics but over exactly the stretch that is measured: SIGUSR1 starts it anew, SIGUSR2 prints its p99 and the
longest, in seconds.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from henge_server.lag import Lag
from henge_server.server import Ready, serve
from henge_server.settings import Settings


class _Instrument:
    """Started from within the loop, when the server is ready."""

    def __init__(self) -> None:
        self._lag = Lag()

    def start(self, ready: Ready) -> None:
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._lag.run(), name="bench-lag")
        loop.add_signal_handler(signal.SIGUSR1, self._lag.forget)
        loop.add_signal_handler(signal.SIGUSR2, self._print)
        print(json.dumps({"url": ready.url, "mqtt": ready.mqtt, "token": ready.token}), flush=True)

    def _print(self) -> None:
        print(*self._lag.quantiles(0.99, 1.0), flush=True)


def main() -> None:
    settings = Settings(
        data=Path(sys.argv[1]), http="127.0.0.1:0", mqtt="127.0.0.1:0", mqtts="127.0.0.1:0", log_level="warning"
    )
    serve(settings, _Instrument().start)


if __name__ == "__main__":
    main()
