"""`python -m henge_mqtt --tls`: the certificate's files, and new ones at SIGHUP."""

import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.broker import wire
from tests.broker.test_standalone import BROKER_FOLDER, PROGRAM, run
from tests.broker.wire import Wire
from tests.papers import Papers

ADDRESSES = ("--anonymous", "--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0")


class Running(NamedTuple):
    """The program, and where its certificate lies."""

    process: subprocess.Popen[str]
    port: int
    certificate: Path

    def hang_up(self) -> str:
        """Sends SIGHUP; what it says then."""
        assert self.process.stderr
        self.process.send_signal(signal.SIGHUP)
        return self.process.stderr.readline()


@pytest.fixture
def program(papers: Papers, tmp_path: Path) -> Iterator[Running]:
    mine = tmp_path / "server.pem"
    shutil.copy(papers.server, mine)
    process = subprocess.Popen(
        [*PROGRAM, *ADDRESSES, "--cert", str(mine)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=BROKER_FOLDER,
    )
    assert process.stdout
    said = [process.stdout.readline(), process.stdout.readline()]
    yield Running(process, int(said[1].rpartition(":")[2]), mine)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0


async def names_shown(program: Running, papers: Papers) -> list[str]:
    client = await Wire.open(program.port, ssl.create_default_context(cafile=papers.ca))
    assert (await client.ask(wire.connect())).body[1] == 0
    await client.close()
    return [name for _, name in client.certificate["subjectAltName"]]


async def test_it_listens_with_tls_and_takes_a_new_certificate_at_sighup(program: Running, papers: Papers):
    assert "second.example" not in await names_shown(program, papers)
    shutil.copy(papers.second, program.certificate)
    assert "the certificate was read again" in program.hang_up()
    assert "second.example" in await names_shown(program, papers)


async def test_it_keeps_the_certificate_when_the_new_one_cannot_be_used(program: Running, papers: Papers):
    program.certificate.write_text("nothing")
    assert "the certificate before stays in use" in program.hang_up()
    assert "localhost" in await names_shown(program, papers)


def test_it_listens_with_tls_only_when_nothing_else_is_said(papers: Papers):
    options = ["--anonymous", "--tls", "127.0.0.1:0", "--cert", str(papers.server)]
    process = subprocess.Popen([*PROGRAM, *options], stdout=subprocess.PIPE, text=True, cwd=BROKER_FOLDER)
    assert process.stdout
    assert "with TLS" in process.stdout.readline()
    process.terminate()
    assert process.communicate(timeout=30)[0] == ""


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--tls", "127.0.0.1:0"), 2, "given together"),
        (("--tls", "127.0.0.1:0", "--cert", "/nowhere.pem"), 1, "cannot read /nowhere.pem"),
        (("--tls", "127.0.0.1:0", "--cert", "{server}", "--key", "{second}"), 1, "is not that of the certificate"),
    ],
)
def test_it_says_what_is_wrong_when_it_cannot_listen_with_tls(papers: Papers, options, code: int, said: str):
    files = {"server": papers.server, "second": papers.second}
    result = run("--anonymous", *(option.format(**files) for option in options))
    assert (result.returncode, said in result.stderr) == (code, True), result.stderr
