"""The command line as a person has it: arguments in; exit code, output and errors out."""

import json
from typing import Any, NamedTuple

import pytest
from fleetctl.cli import main


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """Runs fleetctl in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> Result:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(args)
        said = self._capsys.readouterr()
        return Result(int(end.value.code or 0), said.out, said.err)
