"""The agent and TLS, on both runtimes: it takes its own server only, and says what is wrong with another one."""

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from henge_mqtt import Broker, load, server_context

from tests.agent.ground import DEVICE, Desk, Ground, said, shown
from tests.agent.test_process import LIT
from tests.papers import Papers
from tests.portable.agent_fakes import signed

Secured = Callable[[Path | ssl.SSLContext], Awaitable[Ground]]


@pytest.fixture
async def secured(command: list[str], tmp_path: Path, papers: Papers) -> AsyncIterator[Secured]:
    """A ground whose broker speaks TLS only, with the papers that are given."""
    made: list[Ground] = []

    async def make(server: Path | ssl.SSLContext) -> Ground:
        desk = Desk()
        broker = Broker(desk)
        context = server_context(server) if isinstance(server, Path) else server
        listener = await broker.listen("127.0.0.1", 0, ssl=context)
        made.append(Ground(broker, listener, desk, tmp_path, command))
        return made[-1]

    yield make
    for ground in made:
        await ground.end()
        await ground.broker.close()


@pytest.mark.parametrize("scheme", ["", "mqtts://"])
async def test_it_connects_when_ca_and_host_are_right(secured: Secured, papers: Papers, scheme: str) -> None:
    ground = await secured(papers.server)
    board = await ground.board("--show", server=scheme + ground.server, ca=papers.ca)
    assert (await said(board, "connected")).rstrip().endswith("with TLS")
    ground.push(signed(1, LIT))
    assert (await ground.desk.report()).state == "applied"
    assert (await shown(board, '"rev": 1'))["link"] == "up"


async def test_it_knows_the_host_by_name_too(secured: Secured, papers: Papers) -> None:
    ground = await secured(papers.server)
    await ground.board(server=f"mqtts://localhost:{ground.port}", ca=papers.ca)
    await ground.desk.hello()


WRONG = {
    "other_ca": (
        "server",
        "other_ca",
        "its certificate is not from the CA in this credential",
        f"rotate {DEVICE} --out",
    ),
    "other_host": ("elsewhere", "ca", "its certificate is not for 127.0.0.1", "the server's setting tls_names"),
    "expired": ("expired", "ca", "its certificate has expired", "is this board's clock right?"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_it_says_what_is_wrong_with_the_certificate_and_what_to_do(
    secured: Secured, papers: Papers, case: str
) -> None:
    server, ca, sentence, todo = WRONG[case]
    ground = await secured(getattr(papers, server))
    board = await ground.board(ca=getattr(papers, ca))
    line = await said(board, DEVICE)
    expected = f"{DEVICE}: do not trust {ground.server}: {sentence}; trying again in "
    assert re.fullmatch(re.escape(expected) + r"\d+ s\n", line)
    assert todo in await said(board, DEVICE)
    assert ground.broker.stats.connects == 0
    assert board.returncode is None


async def test_it_connects_again_with_a_certificate_that_was_renewed(secured: Secured, papers: Papers) -> None:
    context = server_context(papers.server)
    ground = await secured(context)
    board = await ground.board(ca=papers.ca)
    await ground.desk.hello()
    load(context, papers.second)
    await ground.kill(board)
    await ground.board(ca=papers.ca)
    await ground.desk.hello()


async def test_it_asks_whether_it_is_the_right_port_when_that_speaks_no_tls(ground: Ground, papers: Papers) -> None:
    board = await ground.board(ca=papers.ca)
    line = await said(board, DEVICE)
    assert line.startswith(f"{DEVICE}: cannot connect to {ground.server}: ") or "cannot read: " in line
    assert "is that its port for TLS?" in line


async def test_it_asks_whether_it_is_the_right_port_when_that_speaks_tls(secured: Secured, papers: Papers) -> None:
    ground = await secured(papers.server)
    board = await ground.board(server=f"mqtt://{ground.server}", ca=papers.ca)
    assert "is that its port for TLS, or without?" in await said(board, DEVICE)


async def test_it_goes_without_tls_when_that_is_said(ground: Ground, papers: Papers) -> None:
    board = await ground.board(server=f"mqtt://{ground.server}", ca=papers.ca)
    assert (await said(board, "connected")).rstrip().endswith("without TLS")


async def test_it_does_not_start_when_tls_is_asked_for_without_a_ca(ground: Ground) -> None:
    for server in ("127.0.0.1:8883", f"mqtts://{ground.server}"):
        board = await ground.board(server=server)
        line = await said(board, "holds no CA")
    assert "the server cannot be known" in line
    assert f"`fleetctl device rotate {DEVICE} --out FILE`" in await said(board, "rotate")
    assert await board.wait() == 2


async def test_it_does_not_start_when_the_ca_is_none(ground: Ground, papers: Papers) -> None:
    papers_of_nobody = papers.folder / "nobody.crt"
    papers_of_nobody.write_text("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")
    board = await ground.board(ca=papers_of_nobody)
    await said(board, "the CA in the credential cannot be used")
    assert await board.wait() == 2
