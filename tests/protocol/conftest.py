"""A MicroPython interpreter to ask, beside the CPython that runs the tests."""

import os
import select
import subprocess
from pathlib import Path

import pytest

AGENT = Path(__file__).parents[2] / "agent"
ANSWER_WITHIN = 60  # seconds; far more than any answer takes, so that one that never comes is a failure and no hang


class Board:
    """board_probe.py in a MicroPython process that lives as long as the tests."""

    def __init__(self, micropython: object, *options: str) -> None:
        self._process = subprocess.Popen(
            [str(micropython), *options, str(Path(__file__).with_name("board_probe.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "MICROPYPATH": f".frozen:{AGENT}"},
        )

    def ask(self, verb: str, payload: bytes) -> str:
        """The probe's answer: hex, or `refused`. Fails on anything else that it raised."""
        question = f"{verb} {payload.hex()}"
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(question.encode() + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_WITHIN)
        assert ready, f"MicroPython gave no answer to {question:.2000}"
        line = self._process.stdout.readline()
        assert line, f"MicroPython died of {question:.2000}"
        answer = line.decode().strip()
        assert not answer.startswith("raised"), f"{question:.2000}: {answer}"
        return answer

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(ANSWER_WITHIN)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def board(micropython):
    board = Board(micropython)
    yield board
    board.end()


@pytest.fixture(scope="session")
def small_board(micropython):
    """The same with the heap of an ESP32 board, 192 KiB; its objects take twice the space here, so twice that."""
    board = Board(micropython, "-X", "heapsize=384k")
    yield board
    board.end()
