"""fleet: one PATCH for each of 1,000 boards, 32 in flight, each held until the board's report is durable.

Run twice: with the real agent (CPython, all in one process, slots in memory), and with scripted boards, which cost a
tenth of that and so show what the server alone can do. Boards and HTTP client share the core that the server is not on.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

from bench.errors import CannotMeasure
from bench.figures import Figure
from bench.load import Share
from bench.machine import LOAD_CORES, scratch
from bench.processes import Process, running
from bench.rest import Request, many
from bench.scale import Scale
from bench.server import Server, serving, write_credentials

_CONNECT_S = 60
_WAIT_S = 30  # in the PATCH; an edit that takes longer fails the benchmark


@dataclass(frozen=True, slots=True)
class _Round:
    """What one round found."""

    seconds: float
    server_ms: float  # processor time of the server for one edit
    server_share: float  # of its core, per cent
    boards_share: float  # of theirs
    client_share: float


@dataclass(frozen=True, slots=True)
class _Found:
    """The median of the rounds, for each value by itself, and the loop's lag over all of them.

    It is looked at some 70 times in a round: the p99 of one round would be its longest. The pauses between the rounds
    are in it; they are short.
    """

    median: _Round
    lag_p99_ms: float
    lag_longest_ms: float


def run(scale: Scale) -> list[Figure]:
    """With the agent, then with scripted boards."""
    agents = _measure("bench.agents", scale)
    scripted = _measure("bench.boards", scale)
    count, one, other = scale.boards, agents.median, scripted.median
    return [
        Figure(f"fleet: {count} edits durable, the agent on every board", one.seconds, "s", aim=5),
        Figure("fleet: server's processor per edit", one.server_ms, "ms", aim=2),
        Figure("fleet: event loop's lag, p99", agents.lag_p99_ms, "ms", aim=20),
        Figure("fleet: event loop's lag, longest", agents.lag_longest_ms, "ms"),
        Figure("fleet: server's share of its core", one.server_share, "%"),
        Figure("fleet: agents' share of the other core", one.boards_share, "%"),
        Figure("fleet: HTTP client's share of the other core", one.client_share, "%"),
        Figure(f"fleet: scripted boards, {count} edits durable", other.seconds, "s"),
        Figure("fleet: scripted boards, server's processor per edit", other.server_ms, "ms"),
        Figure("fleet: scripted boards, event loop's lag, p99", scripted.lag_p99_ms, "ms"),
        Figure("fleet: scripted boards, server's share of its core", other.server_share, "%"),
    ]


def _measure(module: str, scale: Scale) -> _Found:
    """The rounds with the boards of a module."""
    names = [f"b{number:05}" for number in range(scale.boards)]
    found = []
    with _fleet(module, names, scale.in_flight) as (server, boards):
        server.forget_lag()
        for number in range(scale.rounds):
            found.append(_round(server, boards, names, number, scale.in_flight))
            _print_round(module, number, found[-1])
        lag_p99_ms, lag_longest_ms = server.lag_ms()
    print(f"  event loop's lag in these rounds: {lag_p99_ms:.1f} ms p99, {lag_longest_ms:.1f} ms the longest")
    medians = _Round(*(median(values) for values in zip(*map(astuple, found), strict=True)))
    return _Found(medians, lag_p99_ms, lag_longest_ms)


@contextmanager
def _fleet(module: str, names: list[str], in_flight: int) -> Iterator[tuple[Server, Process]]:
    """A server and its boards, connected and in step."""
    with scratch() as folder, serving(folder) as server:
        path: Path = write_credentials(folder, server.register(names, in_flight))
        command = [sys.executable, "-m", module, "--mqtt", server.mqtt, "--credentials", path]
        with running(command, LOAD_CORES, folder / "boards.log") as boards:
            boards.line(_CONNECT_S)
            server.wait_until_in_step(len(names))
            yield server, boards


def _round(server: Server, boards: Process, names: list[str], number: int, in_flight: int) -> _Round:
    color = f"#{number:06x}"
    requests = [
        Request("PATCH", f"/api/v1/devices/{name}/config?wait={_WAIT_S}", {"led.color": color}) for name in names
    ]
    server.process.settle()
    boards.settle()
    with server.connections(in_flight) as connections:
        used, boards_used, share = server.process.processor_s(), boards.processor_s(), Share()
        started = time.perf_counter()
        states = [answer.json()["outcome"]["state"] for answer in many(connections, requests)]
        seconds = time.perf_counter() - started
        used, boards_used = server.process.processor_s() - used, boards.processor_s() - boards_used
        client_share = share.percent()
    if set(states) != {"applied"}:
        raise CannotMeasure(f"not every edit was applied: {', '.join(sorted(set(states)))}")
    return _Round(
        seconds=seconds,
        server_ms=used / len(names) * 1000,
        server_share=used / seconds * 100,
        boards_share=boards_used / seconds * 100,
        client_share=client_share,
    )


def _print_round(module: str, number: int, found: _Round) -> None:
    print(
        f"  round {number + 1} {module.rpartition('.')[2]:7} {found.seconds:.2f} s, {found.server_ms:.2f} ms per edit; "
        f"shares of a core: server {found.server_share:.0f} %, "
        f"boards {found.boards_share:.0f} %, client {found.client_share:.0f} %",
        flush=True,
    )
