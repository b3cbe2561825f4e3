"""memory: the server with 1,000 connected boards, each registered, subscribed and in step."""

import sys

from bench.figures import Figure
from bench.machine import LOAD_CORES, scratch
from bench.processes import running
from bench.scale import Scale
from bench.server import serving, write_credentials

_CONNECT_S = 60


def run(scale: Scale) -> list[Figure]:
    """Resident and proportional size. The store's pages count while they are mapped in: they are the kernel's to take
    back.
    """
    with scratch() as folder, serving(folder) as server:
        empty, _ = server.process.memory()
        credentials = server.register([f"b{number:05}" for number in range(scale.boards)], scale.in_flight)
        registered, _ = server.process.memory()
        path = write_credentials(folder, credentials)
        command = [sys.executable, "-m", "bench.boards", "--mqtt", server.mqtt, "--credentials", path]
        with running(command, LOAD_CORES, folder / "boards.log") as boards:
            boards.line(_CONNECT_S)
            server.wait_until_in_step(scale.boards)
            resident, proportional = server.process.memory()
        print(f"  resident: {empty:.1f} MiB after the start, {registered:.1f} registered, {resident:.1f} connected")
    return [
        Figure(f"memory: server with {scale.boards} boards, resident", resident, "MiB", aim=128),
        Figure(f"memory: server with {scale.boards} boards, proportional", proportional, "MiB"),
    ]
