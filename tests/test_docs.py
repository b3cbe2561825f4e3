"""The docs against the code: what has a name in the code is described, and every example is what the code makes of it.

The lists come from the code. So a new field, route, command or setting fails here until somebody describes it.
"""

import json
import re
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fleetctl.cli import app as fleetctl
from fleetctl.errors import FleetctlError
from henge_protocol import PROTOCOL_VERSION, cbor, messages, schema, signing, telemetry, topics
from henge_protocol.sentences import SENTENCES
from henge_server.api.app import make_app
from henge_server.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text()

# The device, epoch and revision of the page's examples.
DEVICE, EPOCH, REV = "porch", 1767225600, 7

# The section of docs/protocol.md that describes each message.
SECTIONS = {
    messages.Desired: "desired",
    messages.Document: "desired",
    messages.Report: "report",
    messages.Hello: "hello",
    messages.Telemetry: "telemetry, log",
    telemetry.StoredReading: "telemetry, log",
    messages.Log: "telemetry, log",
    messages.Command: "command, result",
    messages.Result: "command, result",
    messages.Announcement: "schema",
}
EXAMPLES = {
    "doc": messages.Document,
    "desired": messages.Desired,
    "report": messages.Report,
    "report-rejected": messages.Report,
    "hello": messages.Hello,
    "telemetry": messages.Telemetry,
}


def all_pages() -> str:
    """Every page for users, decisions left out: those tell what was, not what is."""
    return "\n".join(page.read_text() for page in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))])


def section(page: str, title: str) -> str:
    """The text under one heading of the second level. Fails where there is none."""
    parts = re.split(r"^## (.*)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def code_words(page: str) -> set[str]:
    """The words that stand in code spans of running text and tables; fenced examples describe nothing."""
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    return {word for span in re.findall(r"`([^`]+)`", prose) for word in re.findall(r"[\w.]+", span)}


def undescribed(page: str, names: "list[str]") -> "list[str]":
    """The names that no code span of the page holds. An empty list of names is a fault of the test."""
    assert names
    return sorted(set(names) - code_words(page))


def table_rows(page: str) -> "dict[str, list[str]]":
    """The rows of all tables of a page, by their first cell."""
    rows = re.findall(r"^\|(.+)\|$", page, flags=re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return {row[0]: row[1:] for row in cells}


def example(name: str) -> bytes:
    """The bytes of one example in hex."""
    (found,) = re.findall(rf"^```hex {name}\n(.*?)^```$", PROTOCOL, flags=re.MULTILINE | re.DOTALL)
    return bytes.fromhex(found)


def readable(value: object) -> object:
    """A decoded message as the page shows it: byte strings as h'...'."""
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    return [readable(item) for item in value] if isinstance(value, list) else value


def message_classes() -> "list[type[messages.Message]]":
    found = [value for value in vars(messages).values() if isinstance(value, type)]
    return [value for value in found if issubclass(value, messages.Message) and value is not messages.Message]


# The check itself.


def test_what_is_not_described_is_found():
    page = "A `known` word, a bare_word, and\n```json\n{`fenced`}\n```\nand `{two, words}`.\n"
    names = ["known", "bare_word", "fenced", "two", "words", "absent"]
    assert undescribed(page, names) == ["absent", "bare_word", "fenced"]
    with pytest.raises(AssertionError):
        undescribed(page, [])
    with pytest.raises(KeyError):
        section("## One\n", "Two")


# docs/protocol.md: the names.


@pytest.mark.parametrize("channel", topics.CHANNELS)
def test_a_topic_stands_in_the_table_with_its_direction_and_limit(channel):
    topic = topics.build("device", channel).replace("/device/", "/<device>/")
    sender, _, _, limit = table_rows(section(PROTOCOL, "Topics"))[f"`{topic}`"]
    assert sender == ("server" if channel in topics.TO_DEVICE else "device")
    assert limit == f"{topics.MAX_BYTES[channel]} bytes"


@pytest.mark.parametrize("kind", message_classes(), ids=lambda kind: kind.__name__)
def test_every_field_of_a_message_is_described_where_the_message_is(kind):
    assert undescribed(section(PROTOCOL, SECTIONS[kind]), [name for name, _ in kind.shape()]) == []


def test_every_state_of_a_report_is_described():
    rows = table_rows(section(PROTOCOL, "report"))
    assert [state for state in messages.STATES if f"`{state}`" not in rows] == []


def test_every_problem_code_is_described():
    codes = table_rows(section(PROTOCOL, "Problem codes"))
    assert set(codes) >= {f"`{code}`" for code in SENTENCES}


def test_every_type_and_attribute_of_a_setting_is_described():
    values = section(PROTOCOL, "Values")
    assert [kind for kind in schema.TYPES if f"`{kind}`" not in table_rows(values)] == []
    assert undescribed(values, list(schema.ATTRIBUTES)) == []


def test_every_command_and_status_is_described():
    assert undescribed(section(PROTOCOL, "command, result"), list(messages.COMMANDS)) == []
    assert undescribed(section(PROTOCOL, "Topics"), [messages.ONLINE, messages.OFFLINE, messages.SLEEPING]) == []


def test_the_limits_that_the_page_gives_are_those_of_the_code():
    assert f"more than {cbor.MAX_DEPTH} maps and lists inside one another" in PROTOCOL
    assert f"at most {schema.MAX_DOCUMENT} bytes" in section(PROTOCOL, "desired")
    values = section(PROTOCOL, "Values")
    assert f"at most {schema.MAX_KEY_LENGTH} characters" in values
    assert f"at most {schema.MAX_SETTINGS} settings" in values
    assert f"{schema.DEFAULT_MAX_LENGTH} where nothing is said" in values
    assert f"1 to {schema.MAX_DOCUMENT // 2} bytes of UTF-8" in values
    assert f"the version of this protocol: {PROTOCOL_VERSION}" in PROTOCOL


# docs/protocol.md: the examples.


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_read_and_written_as_it_stands(name):
    kind = EXAMPLES[name]
    assert kind.decode(example(name)).encode() == example(name)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"desired"}))
def test_an_example_means_what_is_shown_above_it(name):
    (shown,) = re.findall(rf"^```json {name}\n(.*?)^```$", PROTOCOL, flags=re.MULTILINE | re.DOTALL)
    assert json.loads(shown) == readable(cbor.decode(example(name)))


def test_the_example_is_signed_as_the_page_says():
    desired = messages.Desired.decode(example("desired"))
    assert (desired.epoch, desired.rev, desired.doc, desired.mac) == (EPOCH, REV, example("doc"), example("mac"))
    assert signing.config_mac(example("key"), DEVICE, EPOCH, REV, example("doc")) == example("mac")
    assert signing.hmac_sha256(example("key"), example("signed"), example("doc")) == example("mac")
    assert signing.document_digest(example("key"), example("doc")) == example("digest")


def test_the_reports_and_the_hello_name_the_document_by_its_digest():
    hello = messages.Hello.decode(example("hello"))
    assert hello.last == messages.Report.decode(example("report")).fields()
    for name in ("hello", "report", "report-rejected"):
        assert EXAMPLES[name].decode(example(name)).digest == example("digest")  # type: ignore[attr-defined]


def test_the_sealed_value_opens_as_the_page_says():
    sealed = messages.Document.decode(example("doc")).values["wifi.password"]
    assert sealed == example("sealed")
    assert signing.sealing_key(example("key")) == example("sealing-key")
    decryptor = Cipher(algorithms.AES(example("sealing-key")), modes.CBC(sealed[:16])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    assert unpadder.update(decryptor.update(sealed[16:])) + unpadder.finalize() == b"correct horse"


# The other pages.


def test_every_rest_route_is_described():
    paths = make_app(None).openapi()["paths"]  # type: ignore[arg-type]  # describing itself takes no parts
    names = [
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in paths.items() for method in methods
    ]
    assert len(names) > 10
    spans = set(re.findall(r"`([^`\n]+)`", all_pages()))
    assert [name for name in names if name not in spans] == []


def test_every_server_setting_is_described():
    names = list(Settings.model_fields)
    assert undescribed(all_pages(), names) == []
    assert undescribed(all_pages(), [f"HENGE_{name.upper()}" for name in names]) == []


def commands_of(command, path: "list[str]") -> "list[str]":
    """Every command under a group, as it is typed."""
    if command.hidden:
        return []
    if not hasattr(command, "commands"):
        return [" ".join(path)]
    return [found for name, inner in command.commands.items() for found in commands_of(inner, [*path, name])]


def test_every_fleetctl_command_is_described():
    names = commands_of(typer.main.get_command(fleetctl), ["fleetctl"])
    assert len(names) > 5
    assert [name for name in names if not re.search(rf"{name}\b", all_pages())] == []


def test_every_exit_code_of_fleetctl_is_described():
    codes = {0, 130, *(kind.exit_code for kind in descendants(FleetctlError))}
    assert len(codes) > 3
    rows = table_rows(all_pages())
    assert [code for code in sorted(codes) if str(code) not in rows] == []


def descendants(kind: type) -> "list":
    return [found for child in kind.__subclasses__() for found in [child, *descendants(child)]]
