"""A connection that is given up leaves no socket behind: a board has ten of them, and tries for days."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent.ground import AGENT, SOON

PROBE = Path(__file__).with_name("socket_probe.py")


@pytest.fixture
def full_port() -> Iterator[int]:
    """The port of a listener whose queue is full, so that no further connection is ever made."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_nothing_is_left_of_connections_that_were_given_up(command: list[str], full_port: int) -> None:
    around = os.environ | {"PYTHONPATH": str(AGENT), "MICROPYPATH": f".frozen:{AGENT}"}
    done = subprocess.run(
        [*command, str(PROBE), str(full_port)], env=around, capture_output=True, text=True, timeout=SOON, check=True
    )
    lines = done.stdout.split("\n")
    assert lines.count("given up") == 10
    counts = [line for line in lines if line.isdigit()]
    assert len(counts) == 2
    assert counts[0] == counts[1]
