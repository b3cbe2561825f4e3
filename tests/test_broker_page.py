"""docs/broker.md against the code: whatever the broker shows has its row there."""

import re
from pathlib import Path

from henge_mqtt import Limits, metrics
from henge_mqtt.limits import NAMES

PAGE = (Path(__file__).parents[1] / "docs" / "broker.md").read_text()


def rows(title: str) -> dict[str, list[str]]:
    """The table under one heading of the second level: first cell, without backticks -> the other cells."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    lines = re.findall(
        r"^\| `([^`]+)` \| (.*) \|$", dict(zip(parts[1::2], parts[2::2], strict=True))[title], re.MULTILINE
    )
    return {name: rest.split(" | ") for name, rest in lines}


def test_every_metric_is_described():
    shown = [*metrics.METRICS.values(), metrics.REACHED]
    assert rows("Metrics") == {metric.name: [metric.help] for metric in shown}


def test_every_limit_is_described_with_its_default():
    assert {name: cells[0] for name, cells in rows("Limits").items()} == {
        name: f"{getattr(Limits(), name):,}" for name in NAMES
    }
