"""docs/broker.md against the code: whatever the broker shows has its row there."""

import re
from pathlib import Path

from henge_mqtt import metrics

PAGE = (Path(__file__).parents[1] / "docs" / "broker.md").read_text()


def rows(title: str) -> dict[str, list[str]]:
    """The table under one heading of the second level: first cell, without backticks -> the other cells."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    lines = re.findall(
        r"^\| `([^`]+)` \| (.*) \|$", dict(zip(parts[1::2], parts[2::2], strict=True))[title], re.MULTILINE
    )
    return {name: rest.split(" | ") for name, rest in lines}


def test_every_metric_is_described():
    assert rows("Metrics") == {metric.name: [metric.help] for metric in metrics.METRICS.values()}
