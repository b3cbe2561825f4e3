"""What is no registered device's is ignored, counted, and said in the log now and then."""

import pytest
from henge_protocol import topics
from henge_server.mqtt.seldom import PERIOD_S, Seldom

from tests.server.device import Device
from tests.server.outside.conftest import Outside

_IGNORED = "henge_outside_messages_ignored_total"


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("henge/v1/stranger/status", b"online", "not_registered"),
        ("henge/v1/stranger/hello", b"\xa0", "not_registered"),
        ("henge/v1/No Device/hello", b"\xa0", "no_topic"),
        ("henge/v1/porch/report", bytes(topics.MAX_BYTES[topics.REPORT] + 1), "too_large"),
        ("henge/v1/porch/status", bytes(1 << 20), "too_large"),
    ],
)
async def test_message_is_ignored_and_counted(outside: Outside, porch: Device, topic: str, payload: bytes, reason: str):
    await outside.broker.publish(topic, payload)
    await outside.counts(_IGNORED, 1, reason=reason)
    await outside.set("porch", led_on=False)
    while (await porch.take()).rev < 2:
        pass
    await outside.has("porch")


async def test_message_that_cannot_be_read_is_counted(outside: Outside, porch: Device):
    await porch.say(topics.REPORT, b"\xff")
    await outside.counts("henge_messages_unreadable_total", 1)


def test_a_line_is_written_once_in_a_while_with_the_number_of_those_left_out():
    now = 0.0
    seldom = Seldom(lambda: now)
    assert [seldom.times() for _ in range(3)] == [1, 0, 0]
    now = PERIOD_S
    assert [seldom.times() for _ in range(2)] == [3, 0]
