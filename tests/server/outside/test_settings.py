"""What may be said about an outside broker, and what is said where it does not fit; a password is never repeated."""

from pathlib import Path

import pytest
from henge_server.errors import CannotStart
from henge_server.mqtt.account import Account
from henge_server.server import Server
from pydantic import ValidationError

from tests.server.conftest import settings_in


@pytest.mark.parametrize(
    ("url", "where", "tls"),
    [
        ("mqtt://broker.example", "broker.example:1883", False),
        ("mqtts://broker.example", "broker.example:8883", True),
        ("mqtts://[::1]:18883/", "[::1]:18883", True),
    ],
)
def test_url_says_where_and_whether_with_tls(data: Path, url: str, where: str, tls: bool):
    account = Account.of(settings_in(data, broker=url))
    assert (account.where, account.tls) == (where, tls)


@pytest.mark.parametrize(
    "url",
    [
        "broker.example",
        "tcp://h",
        "mqtt://",
        "mqtt://h:0",
        "mqtt://h:99999",
        "mqtt://h:x",
        "mqtt://h/path",
        "mqtt://h?a=b",
    ],
)
def test_url_is_refused_when_it_is_none(data: Path, url: str):
    with pytest.raises(ValidationError, match="expected mqtt://HOST"):
        settings_in(data, broker=url)


def test_url_is_refused_without_repeating_it_when_a_password_is_in_it(data: Path):
    with pytest.raises(ValidationError) as found:
        settings_in(data, broker="mqtt://henge:hush@broker.example")
    (error,) = found.value.errors()
    assert "broker_password_file" in error["msg"]
    assert "hush" not in error["msg"]


@pytest.mark.parametrize("client_id", ["henge-server", "porch", "a/b", "a#", "", "x" * 65, "a\n"])
def test_client_id_is_refused_when_a_device_may_have_it_or_a_topic_may_not(data: Path, client_id: str):
    with pytest.raises(ValidationError):
        settings_in(data, broker_client_id=client_id)


def test_password_without_a_user_is_refused(data: Path):
    with pytest.raises(ValidationError, match="broker_password_file goes with broker_user"):
        settings_in(data, broker_password_file=data / "password")


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        ("broker_password_file", None, "No such file"),
        ("broker_password_file", "\nsecond line", "no password in the first line"),
        ("broker_ca_file", None, "there is no file"),
        ("broker_ca_file", "no certificate", "no certificate in PEM form"),
    ],
)
async def test_server_does_not_start_when_a_file_is_of_no_use(
    data: Path, tmp_path: Path, setting: str, text: str | None, said: str
):
    if text is not None:
        (tmp_path / "file").write_text(text)
    settings = settings_in(data, broker="mqtts://127.0.0.1", broker_user="henge", **{setting: tmp_path / "file"})
    with pytest.raises(CannotStart, match=said):
        async with Server(settings):
            pass
