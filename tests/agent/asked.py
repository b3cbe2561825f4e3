"""A long-lived interpreter that is asked, line by line, what the agent makes of documents."""

import json
import os
import select
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHIN = 60  # seconds; far more than any answer takes, so that one that never comes is a failure and no hang


class Asked:
    """life_probe.py under the interpreter that `command` starts."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            [*command, str(Path(__file__).with_name("life_probe.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"MICROPYPATH": f".frozen:{ROOT}/agent:{ROOT}/tests/portable"},
        )

    def live(self, payloads: list[bytes]) -> dict:
        """What a board that gets these messages, one after another, reports and ends with."""
        assert self._process.stdin
        assert self._process.stdout
        question = "".join(f":{payload.hex()}\n" for payload in payloads) + "\n"
        self._process.stdin.write(question.encode())
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], WITHIN)
        assert ready, f"no answer to {question:.2000}"
        line = self._process.stdout.readline()
        assert line, f"it died of {question:.2000}"
        return json.loads(line)

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(WITHIN)
        self._process.stdout.close()
