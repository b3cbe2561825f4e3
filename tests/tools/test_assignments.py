"""KEY=VALUE: where a value comes from, and how one that looks like a source is written."""

import pytest
from fleetctl import assignments
from fleetctl.errors import Usage


def read(*texts: str) -> dict[str, str]:
    return {key: text for key, text, _ in assignments.read(texts, lambda key: "typed in\n")}


def test_a_value_is_what_stands_there_when_it_is_plain():
    assert read("a=1", "b=x=y", "c=", "d=-5") == {"a": "1", "b": "x=y", "c": "", "d": "-5"}


def test_a_value_is_read_when_it_is_a_dash():
    assert read("wifi.password=-") == {"wifi.password": "typed in"}


def test_a_value_is_read_from_its_file_when_an_at_names_one(tmp_path):
    (tmp_path / "secret").write_bytes(b"two\nlines\r\n")
    assert read(f"a=@{tmp_path / 'secret'}") == {"a": "two\nlines"}


@pytest.mark.parametrize(("written", "value"), [("\\-", "-"), ("\\@home", "@home"), ("\\\\x", "\\x"), ("a\\b", "a\\b")])
def test_a_value_is_taken_as_it_is_when_a_backslash_stands_in_front(written, value):
    assert read(f"a={written}") == {"a": value}


@pytest.mark.parametrize("texts", [("a",), ("=1",), ("a=1", "a=2"), ("a=-", "b=-"), ("a=@/nowhere",)])
def test_it_is_refused_when_it_is_no_assignment(texts):
    with pytest.raises(Usage):
        read(*texts)


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_it_is_refused_when_nothing_is_read(text):
    with pytest.raises(Usage, match="instead"):
        assignments.read(["wifi.password=-"], lambda key: text)


SECRET = {"wifi.password": {"type": "string", "secret": True}}


@pytest.mark.parametrize("text", ["wifi.password=hunter2", "wifi.password=\\-"])
def test_a_secret_is_refused_when_it_stands_on_the_command_line(text):
    with pytest.raises(Usage, match="asks for it"):
        assignments.refuse_secrets_in_sight(assignments.read([text]), SECRET, "porch")


@pytest.mark.parametrize("text", ["wifi.password=-", "wifi.password=***", "wifi.password=", "led.on=true"])
def test_it_is_no_secret_in_sight_when_it_was_read_or_is_none(text):
    read_in = assignments.read([text], lambda key: "hunter2")
    assert assignments.refuse_secrets_in_sight(read_in, SECRET, "porch") is None


def test_it_is_refused_when_a_file_is_too_large_to_be_a_value(tmp_path):
    (tmp_path / "large").write_text("x" * 20_000)
    with pytest.raises(Usage, match="no value of a setting"):
        read(f"a=@{tmp_path / 'large'}")
