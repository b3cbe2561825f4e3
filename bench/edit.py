"""edit: one PATCH held until the board's report is durable, on one real board on MicroPython, over loopback.

First with nothing else to do for the server, then while 500 other boards (scripted, in a process of their own) send
readings and durable reports. The stages are the server's own words, from the Server-Timing header of each answer; what
is left of the client's time is `outside`: the client, the sockets, reading the request and writing the answer.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from bench.errors import CannotMeasure
from bench.figures import Figure, quantile
from bench.load import Share
from bench.machine import LOAD_CORES, ROOT, program, scratch
from bench.processes import Process, running
from bench.rest import Answer, Connection, Request
from bench.scale import Scale
from bench.server import Server, serving, write_credential, write_credentials

_BOARD = "porch"
_CONNECT_S = 60
_WAIT_S = 5  # in the PATCH
# What the others do: 250 readings a second, and 50 reports a second that have to be made durable, from 500 boards.
_TELEMETRY_S = 2
_REPORTS_S = 10

STAGES = ("http", "commit", "push", "board", "record", "answer", "outside")


@dataclass(frozen=True, slots=True)
class _Round:
    """Milliseconds of each edit: in all, and by stage."""

    waited: list[float]
    stages: dict[str, list[float]]


def run(scale: Scale) -> list[Figure]:
    """Idle, then among others."""
    names = [f"other{number:05}" for number in range(scale.others)]
    with scratch() as folder, serving(folder) as server, _board(server, folder) as board:
        server.wait_until_in_step(1)
        idle = _rounds("idle", server, [board], scale)
        with _others(server, folder, names, scale.in_flight) as others:
            busy = _rounds("busy", server, [board, others], scale)
    among = f"among {scale.others} others, "
    return [
        *_figures("", idle, aims=(8, 25)),
        *_figures(among, busy, aims=(None, None)),
    ]


@contextmanager
def _board(server: Server, folder: Path) -> Iterator[Process]:
    """The agent on MicroPython with slots on disk: each document is written and synced before it is reported."""
    micropython = program("micropython", "micropython")
    (credential,) = server.register([_BOARD], 1)
    data = folder / "board"
    data.mkdir()
    path = write_credential(folder, credential)
    command = [micropython, "-m", "henge_agent", "--server", server.mqtt, "--credential", path, "--data", data]
    env = {"MICROPYPATH": f"{ROOT / 'agent'}:.frozen"}
    with running(command, LOAD_CORES, folder / "board.log", env) as board:
        yield board


@contextmanager
def _others(server: Server, folder: Path, names: list[str], in_flight: int) -> Iterator[Process]:
    """Scripted boards that go on talking."""
    path = write_credentials(folder, server.register(names, in_flight))
    command = [sys.executable, "-m", "bench.boards", "--mqtt", server.mqtt, "--credentials", path]
    command += ["--telemetry", str(_TELEMETRY_S), "--reports", str(_REPORTS_S)]
    with running(command, LOAD_CORES, folder / "others.log") as others:
        others.line(_CONNECT_S)
        yield others


def _rounds(name: str, server: Server, others: Sequence[Process], scale: Scale) -> list[_Round]:
    """Prints each one as it is done."""
    found = []
    with server.connections(1) as (connection,):
        for number in range(scale.rounds):
            share, used, board = Share(), server.process.processor_s(), [other.processor_s() for other in others]
            found.append(_edits(connection, number, scale.edits))
            seconds = sum(found[-1].waited) / 1000
            shares = [(server.process.processor_s() - used) / seconds, share.percent() / 100]
            shares += [(other.processor_s() - before) / seconds for other, before in zip(others, board, strict=True)]
            _print_round(name, number, found[-1], shares)
    return found


def _edits(connection: Connection, number: int, count: int) -> _Round:
    waited: list[float] = []
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for edit in range(count):
        color = f"#{number:02x}{edit & 0xFFFF:04x}"
        request = Request("PATCH", f"/api/v1/devices/{_BOARD}/config?wait={_WAIT_S}", {"led.color": color})
        answer = connection.ask(request)
        if answer.json()["outcome"]["state"] != "applied":
            raise CannotMeasure(f"an edit was not applied: {answer.json()['outcome']}")
        waited.append(answer.seconds * 1000)
        told = server_timing(answer)
        for stage, took in told.items():
            stages[stage].append(took)
        stages["outside"].append(waited[-1] - sum(told.values()))
    return _Round(waited, stages)


def server_timing(answer: Answer) -> dict[str, float]:
    """Milliseconds by stage, of a header like `commit;dur=0.8, push;dur=0.1`."""
    parts = (part.strip().partition(";dur=") for part in answer.headers["server-timing"].split(","))
    return {name: float(took) for name, _, took in parts}


def _print_round(name: str, number: int, found: _Round, shares: list[float]) -> None:
    p50, p99 = quantile(found.waited, 0.5), quantile(found.waited, 0.99)
    cores = ", ".join(
        f"{who} {share:.0%}" for who, share in zip(("server", "client", "board", "others"), shares, strict=False)
    )
    print(f"  round {number + 1} {name}  {p50:.2f} / {p99:.2f} ms p50 / p99; shares of a core: {cores}", flush=True)


def _figures(among: str, rounds: list[_Round], aims: tuple[float | None, float | None]) -> list[Figure]:
    """Of the rounds, the median of each round's quantile; of each stage, its p50 and its share of the mean."""
    p50 = median(quantile(found.waited, 0.5) for found in rounds)
    p99 = median(quantile(found.waited, 0.99) for found in rounds)
    figures = [
        Figure(f"edit: {among}PATCH to durable report, p50", p50, "ms", aim=aims[0]),
        Figure(f"edit: {among}PATCH to durable report, p99", p99, "ms", aim=aims[1]),
    ]
    whole = fmean(value for found in rounds for value in found.waited)
    for stage in STAGES:
        values = [value for found in rounds for value in found.stages[stage]]
        share = 100 * fmean(values) / whole
        figures.append(Figure(f"edit: {among}of which {stage}, p50 ({share:.0f} % of the mean)", median(values), "ms"))
    return figures
