"""fleetctl.toml: secret, whole, and nobody's entry lost."""

import tomllib
from pathlib import Path

import pytest
from fleetctl.context import Context, Contexts
from fleetctl.errors import Failed, Usage

HOME = Context("home", "http://127.0.0.1:8470", "s3cret", "0.0.0.0:1883")
DEMO = Context("demo", "http://127.0.0.1:1", "t")


@pytest.fixture
def contexts() -> Contexts:
    return Contexts()


def test_what_is_put_is_found_when_it_is_named_or_current(contexts):
    contexts.put(HOME, current_if_none=True)
    assert contexts.find() == contexts.find("home") == HOME


def test_the_file_is_private_when_it_is_made_or_written_again(contexts):
    contexts.put(HOME)
    contexts.path.chmod(0o644)
    contexts.put(DEMO)
    assert contexts.path.stat().st_mode & 0o777 == 0o600


def test_the_others_stay_when_one_is_put_or_removed(contexts):
    contexts.put(HOME, current_if_none=True)
    contexts.put(DEMO, current_if_none=True)
    assert (contexts.names(), contexts.current()) == (["demo", "home"], "home")
    contexts.remove(DEMO)
    assert contexts.names() == ["home"]


def test_no_file_is_left_when_the_last_one_is_removed(contexts):
    contexts.put(DEMO)
    contexts.remove(DEMO)
    assert not contexts.path.parent.exists()


def test_a_context_stays_when_another_server_was_written_under_its_name(contexts):
    contexts.put(DEMO)
    contexts.remove(Context("demo", "http://127.0.0.1:2", "t"))
    assert contexts.names() == ["demo"]


def test_the_environment_chooses_when_no_name_is_given(contexts, monkeypatch):
    contexts.put(HOME, current_if_none=True)
    contexts.put(DEMO)
    monkeypatch.setenv("HENGE_CONTEXT", "demo")
    assert contexts.find() == DEMO
    assert contexts.find("home") == HOME


@pytest.mark.parametrize("text", ['a "quote"', "back\\slash", "line\nbreak", "\x7f", "é"])
def test_any_text_comes_back_when_it_was_written(contexts, text):
    context = Context(text, "http://h", text)
    contexts.put(context)
    assert contexts.find(text) == context


def test_what_a_person_wrote_in_is_kept_when_the_file_is_written(contexts):
    contexts.path.parent.mkdir(parents=True)
    contexts.path.write_text('colour = "no"\n[contexts.home]\nserver = "http://h"\nnote = "attic"\n')
    contexts.put(DEMO)
    assert 'colour = "no"' in contexts.path.read_text()
    assert 'note = "attic"' in contexts.path.read_text()


MINE = """\
# My servers.
current = "home"  # where I sleep

# The big one.
[contexts.home]
# behind the tunnel
server = 'http://h'
token = "t"
note = "attic"
"""


def test_the_file_is_as_it_was_when_a_context_came_and_went(contexts):
    contexts.path.parent.mkdir(parents=True)
    contexts.path.write_text(MINE)
    contexts.put(DEMO, current_if_none=True)
    assert contexts.find("demo") == DEMO
    contexts.remove(DEMO)
    assert contexts.path.read_text() == MINE


def test_comments_stay_when_a_context_is_written_again(contexts):
    contexts.path.parent.mkdir(parents=True)
    contexts.path.write_text(MINE)
    contexts.put(HOME)
    assert contexts.find() == HOME
    assert (
        contexts.path.read_text()
        == MINE.replace("'http://h'", f'"{HOME.server}"').replace('token = "t"', f'token = "{HOME.token}"')
        + f'mqtt = "{HOME.mqtt}"\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        'contexts = {home = {server = "http://h"}}\n',
        'contexts.home.server = "http://h"\n',
        '[contexts]\n[contexts.home]\nserver = """\n[contexts.demo]\nserver = 3"""\n',
        '[contexts."a.b"]\nserver = "x"\n[other]\nat = 2026-01-01\n',
    ],
)
def test_nothing_but_comments_is_lost_when_the_file_is_written_in_another_way(contexts, text):
    contexts.path.parent.mkdir(parents=True)
    contexts.path.write_text(text)
    contexts.put(DEMO, current_if_none=True)
    wanted = tomllib.loads(text)
    wanted["current"] = "demo"
    wanted["contexts"]["demo"] = {"server": DEMO.server, "token": DEMO.token}
    assert tomllib.loads(contexts.path.read_text()) == wanted


def test_nothing_is_written_when_the_file_cannot_be_read(contexts):
    contexts.path.parent.mkdir(parents=True)
    contexts.path.write_text("[contexts")
    with pytest.raises(Failed, match="Correct it"):
        contexts.put(HOME)
    assert contexts.path.read_text() == "[contexts"


def test_no_server_is_known_when_there_is_no_file(contexts):
    with pytest.raises(Usage, match="fleetctl up"):
        contexts.find()


def test_it_fails_when_the_folder_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="cannot be written"):
        Contexts(tmp_path / "file" / "fleetctl.toml").put(HOME)
