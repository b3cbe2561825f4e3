"""Output: colours on a terminal only, columns in line, nothing but data for scripts."""

import io
import json
import os
import subprocess
import sys

import pytest
import yaml
from fleetctl.output import Column, Form, Output

FLEETCTL = (sys.executable, "-m", "fleetctl")
ITEMS = [{"id": "a", "n": 1}, {"id": "long", "n": None}]
COLUMNS = (Column("ID", lambda item: item["id"], lambda item: "green"), Column("N", lambda item: str(item["n"])))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def listed(form: Form, stream: io.StringIO) -> str:
    output = Output(form, stream)
    output.items(ITEMS, COLUMNS, "id", "nothing")
    return stream.getvalue()


def test_columns_stand_in_line_when_it_is_a_table():
    assert listed(Form.TABLE, io.StringIO()) == "ID    N\na     1\nlong  None\n"


def test_it_is_the_data_alone_when_a_script_reads():
    assert json.loads(listed(Form.JSON, io.StringIO())) == ITEMS
    assert yaml.safe_load(listed(Form.YAML, io.StringIO())) == ITEMS
    assert listed(Form.NAME, io.StringIO()) == "a\nlong\n"


def test_there_is_colour_only_when_a_terminal_shows_it(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[32m" in listed(Form.TABLE, Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in listed(Form.TABLE, Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in listed(Form.TABLE, Terminal())


def test_it_is_said_when_the_output_cannot_be_written():
    with open("/dev/full", "w") as full:
        done = subprocess.run([*FLEETCTL, "doctor"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "error: The output cannot be written: No space left on device.\n")


@pytest.mark.parametrize("args", [["doctor"], ["--help"], ["demo", "--for", "60"]])
def test_it_ends_without_a_word_when_nobody_reads(micropython, args):
    reader, writer = os.pipe()
    os.close(reader)
    env = {**os.environ, "HENGE_MICROPYTHON": str(micropython)}
    done = subprocess.run([*FLEETCTL, *args], stdout=writer, stderr=subprocess.PIPE, text=True, env=env)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("form", [Form.JSON, Form.YAML, Form.NAME])
def test_sentences_are_left_out_when_a_script_reads(form):
    stream = io.StringIO()
    Output(form, stream).say("hello")
    assert stream.getvalue() == ""
