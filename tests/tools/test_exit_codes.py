"""Exit codes: each says what kind of end it was, and the message what to do next."""

import socket

import pytest
from fleetctl.context import Context, Contexts

from tests.tools.stub import Stub


@pytest.fixture
def knowing(alone):
    """The command line, knowing a server by its URL and a token."""

    def knowing_it(url: str, token: str = "t"):
        Contexts().put(Context("home", url, token), current_if_none=True)
        return alone

    return knowing_it


def test_it_is_usage_when_no_server_is_known(alone):
    result = alone("device", "list")
    assert (result.code, "fleetctl up" in result.err) == (2, True)


def test_the_environment_is_blamed_when_it_names_a_context_that_is_not_there(fleetctl, monkeypatch):
    monkeypatch.setenv("HENGE_CONTEXT", "nope")
    result = fleetctl("device", "list")
    assert (result.code, "HENGE_CONTEXT" in result.err) == (2, True)


def test_it_is_usage_when_the_context_is_not_there(fleetctl):
    for args in (("--context", "attic", "device", "list"), ("device", "list", "--context", "attic")):
        result = fleetctl(*args)
        assert (result.code, "There are: home" in result.err) == (2, True)


@pytest.mark.parametrize(
    "args",
    [
        ("nosuch",),
        ("device",),
        ("config", "get"),
        ("device", "list", "-o", "xml"),
        ("device", "list", "--status", "onlin"),
        ("device", "list", "--sync", "instep"),
    ],
)
def test_it_is_usage_when_the_line_cannot_be_read(alone, args):
    assert alone(*args).code == 2


def test_it_is_not_allowed_when_the_token_is_not_known(server, knowing):
    result = knowing(server.server, "wrong")("device", "list")
    assert (result.code, "token of the context home" in result.err) == (4, True)
    assert str(Contexts().path) in result.err


def test_it_is_not_reachable_when_nobody_listens(knowing):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's meanwhile
        result = knowing(f"http://127.0.0.1:{taken.getsockname()[1]}")("device", "list")
    assert (result.code, "Is it running?" in result.err) == (5, True)


@pytest.mark.parametrize("url", ["127.0.0.1:8470", "ftp://h", "http://", "http://h:x", "http://h:99999"])
def test_it_is_usage_when_the_address_is_none(knowing, url):
    assert knowing(url)("device", "list").code == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, "text/html", "<html>"), "Is this the address of a henge server?"),
        ((502, "text/html", "<html>"), "answered 502"),
        ((500, "application/json", "[]"), "answered 500"),
        ((302, "text/html", ""), "answered 302"),
    ],
)
def test_it_failed_when_something_else_answers(knowing, answer, said):
    with Stub(answer) as stub:
        result = knowing(stub.url)("device", "list")
    assert (result.code, said in result.err) == (1, True), result.err


def test_a_proxy_is_not_asked_when_the_server_is_on_this_machine(server, knowing, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert knowing(server.server, server.token)("device", "list").code == 0


def test_what_others_say_cannot_move_the_cursor_when_it_is_shown(knowing):
    body = '{"detail": "a\\u001b[2Jb", "errors": [{"key": "k", "code": "c", "message": "x\\u0007y"}]}'
    with Stub((422, "application/problem+json", body)) as stub:
        result = knowing(stub.url)("device", "list")
    assert "\x1b" not in result.err
    assert "\x07" not in result.err
