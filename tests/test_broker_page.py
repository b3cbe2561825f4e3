"""docs/broker.md against the code: whatever the broker shows has its row there."""

import re
from pathlib import Path

from henge_mqtt import Limits, metrics, reasons
from henge_mqtt.journal import FIELDS
from henge_mqtt.limits import NAMES
from henge_server.mqtt import outside_stats

PAGE = (Path(__file__).parents[1] / "docs" / "broker.md").read_text()


REASONS = "Why a connection was refused or closed"


def sections() -> dict[str, str]:
    """Headings of the second level -> the text under each."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(title: str) -> dict[str, list[str]]:
    """The table under one heading of the second level: first cell, without backticks -> the other cells."""
    lines = re.findall(r"^\| `([^|]+)` \*? ?\| (.*) \|$", sections()[title], re.MULTILINE)
    return {name: rest.split(" | ") for name, rest in lines}


def test_every_metric_is_described():
    shown = [*metrics.METRICS.values(), metrics.REACHED]
    assert rows("Metrics") == {metric.name: [metric.help] for metric in shown}


def test_every_limit_is_described_with_its_default():
    assert {name: cells[0] for name, cells in rows("Limits").items()} == {
        name: f"{getattr(Limits(), name):,}" for name in NAMES
    }


def test_every_reason_is_explained_with_what_to_do():
    texts = [text for name, text in vars(reasons).items() if name.isupper() and isinstance(text, str)]
    explained = {name: cells for name, cells in rows(REASONS).items() if len(cells) == 2}
    assert set(explained) == set(texts) - {reasons.CONNECTED}
    assert all(all(cells) for cells in explained.values())


def test_alarming_reasons_have_their_star():
    starred = re.findall(r"^\| `([^|]+)` \* \|", PAGE, re.MULTILINE)
    assert set(starred) == {*reasons.ALARMING, reasons.HOOK_FAILED}


def test_every_field_of_a_line_is_described():
    names = re.findall(r"^\| (`[^|]+`) \| [^|]* \|$", sections()[REASONS], re.MULTILINE)
    assert [field for field in FIELDS if f"`{field}`" not in " ".join(names)] == []


def test_every_metric_of_an_outside_broker_is_described():
    counters = [*outside_stats.COUNTERS.values(), outside_stats.MESSAGES_IGNORED]
    wanted = {name: [text] for name, text in outside_stats.GAUGES.values()}
    assert rows("Outside brokers") == wanted | {f"{name}_total": [text] for name, text in counters}
