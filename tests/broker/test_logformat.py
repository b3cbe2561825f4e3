"""How a line of the log is written, for people and for machines, whatever a client called itself."""

import asyncio
import json
import logging
import sys

import pytest
from henge_mqtt.logformat import JsonFormatter, TextFormatter

from tests.broker import wire
from tests.broker.test_standalone import BROKER_FOLDER, PROGRAM
from tests.broker.wire import Wire


def record(**fields: object) -> logging.LogRecord:
    line = {"name": "henge_mqtt", "levelno": logging.WARNING, "levelname": "WARNING", "msg": "connection refused"}
    return logging.makeLogRecord(line | {"created": 1767225600.25} | fields)


def test_text_has_the_fields_behind_what_happened():
    text = TextFormatter().format(record(client="porch", address="127.0.0.1:5", reason="not authorized", lasted_s=0))
    assert text == (
        "2026-01-01T00:00:00.250Z WARNING connection refused client=porch address=127.0.0.1:5 "
        'reason="not authorized" lasted_s=0'
    )


def test_json_has_them_as_members():
    line = json.loads(JsonFormatter().format(record(client="porch", lasted_s=3, other="not ours")))
    assert line == {
        "timestamp": "2026-01-01T00:00:00.250Z",
        "level": "warning",
        "event": "connection refused",
        "client": "porch",
        "lasted_s": 3,
    }


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
@pytest.mark.parametrize("name", ["a\nINFO forged", "\x1b[2J", 'a" reason="b', "größe", "a b", "\u202e", ""])
def test_no_text_breaks_a_line_or_steers_a_terminal(formatter: logging.Formatter, name: str):
    line = formatter.format(record(client=name))
    assert line.isprintable()
    assert line.isascii()
    assert json.dumps(name) in line


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_exception_is_shown(formatter: logging.Formatter):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        assert "ZeroDivisionError" in formatter.format(record(exc_info=sys.exc_info()))


async def test_program_logs_json_when_told_to():
    options = ["--listen", "127.0.0.1:0", "--anonymous", "--verbose", "--log-format", "json"]
    process = await asyncio.create_subprocess_exec(*PROGRAM, *options, stdout=-1, stderr=-1, cwd=BROKER_FOLDER)
    assert process.stdout
    client = await Wire.open(int((await process.stdout.readline()).rpartition(b":")[2]))
    await client.ask(wire.connect("porch"))
    process.terminate()
    _, log = await process.communicate()
    await client.close()
    assert [(line["event"], line["client"]) for line in map(json.loads, log.splitlines())] == [
        ("client connected", "porch"),
        ("connection closed", "porch"),
    ]
