"""What the broker counts, as Prometheus reads it: every counter, well named, in a text that its own parser takes."""

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator

import pytest
from henge_mqtt import Stats, metrics
from henge_mqtt.limits import NAMES
from henge_mqtt.metricspage import AT_ONCE, REQUEST_BYTES, MetricsPage
from prometheus_client.parser import text_string_to_metric_families

from tests.broker import wire
from tests.broker.conftest import House
from tests.broker.wire import Wire

FIELDS = [field.name for field in dataclasses.fields(Stats) if field.name != "reached"]


def read(text: str) -> dict[str, float]:
    """Metrics without labels."""
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def test_every_counter_has_a_metric_and_every_metric_a_counter():
    assert sorted(metrics.METRICS) == sorted(FIELDS)
    assert len({metric.name for metric in metrics.METRICS.values()}) == len(FIELDS)


@pytest.mark.parametrize("field", FIELDS)
def test_metric_is_named_as_prometheus_wants_it(field: str):
    metric = metrics.METRICS[field]
    assert re.fullmatch(r"henge_mqtt(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.help == metric.help.strip(". \n")


def test_every_value_comes_out_as_prometheus_reads_it():
    stats = Stats(**dict(zip(FIELDS, range(100, 100 + len(FIELDS)), strict=True)))  # pyright: ignore
    found = read(metrics.text(stats))
    assert found == {metrics.METRICS[name].name: getattr(stats, name) for name in FIELDS}


def test_every_limit_comes_out_with_its_name():
    stats = Stats()
    stats.reached["held"] = 7
    (family,) = [f for f in text_string_to_metric_families(metrics.text(stats)) if f.name in metrics.REACHED.name]
    found = {sample.labels["limit"]: sample.value for sample in family.samples}
    assert found == {**dict.fromkeys(NAMES, 0), "held": 7}


async def test_it_counts_what_clients_do(house: House):
    client = await house.client("lamp", ("a/#", 1))
    await client.ask(wire.publish("a/b", b"x"))
    found = read(metrics.text(house.broker.stats))
    assert found["henge_mqtt_connections"] == found["henge_mqtt_subscriptions"] == 1
    assert found["henge_mqtt_messages_received_total"] == found["henge_mqtt_messages_sent_total"] == 1


@pytest.fixture
async def page() -> AsyncIterator[int]:
    """The port of a page that says `up 1`."""
    listener = await MetricsPage(lambda: "up 1\n").listen("127.0.0.1", 0)
    yield listener.port
    await listener.close()


async def ask(port: int, request: bytes) -> bytes:
    """All that is answered until the page closes; nothing where it cuts the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), Wire.PATIENCE_S)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_page_answers_a_request_for_the_metrics(page: int):
    head, _, body = (await ask(page, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
    assert body == b"up 1\n"


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\n\r\n", b"POST /metrics HTTP/1.1\r\n\r\n", b"\0\r\n\r\n"])
async def test_page_answers_404_to_anything_else(page: int, request_: bytes):
    assert (await ask(page, request_)).startswith(b"HTTP/1.1 404 Not Found\r\n")


async def test_page_cuts_off_a_request_that_is_too_long(page: int):
    assert await ask(page, b"GET /metrics HTTP/1.1\r\nX: " + bytes(2 * REQUEST_BYTES)) == b""


async def test_page_cuts_off_a_request_that_does_not_come():
    listener = await MetricsPage(lambda: "up 1\n", request_s=0.01).listen("127.0.0.1", 0)
    assert await ask(listener.port, b"GET /metrics HTTP/1.1\r\n") == b""
    await listener.close()


async def test_page_refuses_when_too_many_ask_at_once(page: int):
    idle = [await Wire.open(page) for _ in range(AT_ONCE)]
    assert await ask(page, b"GET /metrics HTTP/1.1\r\n\r\n") == b""
    for client in idle:
        await client.close()
