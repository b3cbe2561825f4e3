"""Arbitrary bytes from a device, on each of its topics, harm nothing: not the server, not another device."""

from collections.abc import Iterator
from typing import Any

import cbor2
import httpx
import paho.mqtt.client as paho
import pytest
from henge_protocol import topics
from henge_protocol.messages import STATES, Hello, Report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from tests.server.running import Running

PATIENCE_S = 20
_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.filter_too_much)

numbers = st.integers(min_value=-1, max_value=(1 << 64) - 1) | st.sampled_from([0, 1, 2, (1 << 32) - 1, (1 << 63)])
scalars = st.none() | st.booleans() | numbers | st.floats(width=32) | st.text(max_size=20) | st.binary(max_size=20)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3), max_leaves=8
)
states = st.sampled_from(sorted(STATES))
errors = st.dictionaries(st.text(max_size=10), st.lists(st.text(max_size=10), min_size=2, max_size=2), max_size=3)
small = st.integers(min_value=0, max_value=(1 << 32) - 1)

# What a device may say, with values that none would; and the same with one field turned to anything.
reports = st.fixed_dictionaries(
    {
        "epoch": small,
        "rev": numbers.filter(lambda number: number >= 0),
        "state": states,
        "digest": st.binary(max_size=40),
        "errors": errors,
        "boot": small,
        "n": numbers.filter(lambda number: number >= 0),
    }
)
hellos = st.fixed_dictionaries(
    {
        **dict.fromkeys(("agent", "board", "runtime", "reset"), st.text(max_size=20)),
        **dict.fromkeys(("uid", "caps", "digest"), st.binary(max_size=40)),
        **dict.fromkeys(("epoch", "boot"), small),
        **dict.fromkeys(("proto", "rev", "free"), st.integers(min_value=0, max_value=(1 << 64) - 1)),
        "last": st.none() | reports,
        "sleep_s": st.none() | small,
        "found": st.none() | st.text(max_size=20),
        "rssi": st.none() | small,
        "safe": st.none() | st.booleans(),
    }
)


@st.composite
def spoiled(draw: st.DrawFn, fields: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """A message with one field turned to anything."""
    found = draw(fields)
    found[draw(st.sampled_from(sorted(found)))] = draw(anything)
    return cbor2.dumps(found, canonical=True)


payloads = {
    topics.REPORT: reports.map(lambda fields: Report(**fields).encode()) | spoiled(reports),
    topics.HELLO: hellos.map(lambda fields: Hello(**fields).encode()) | spoiled(hellos),
}
garbage = st.binary(max_size=300) | anything.map(cbor2.dumps)


class Client:
    """A registered device that says whatever it likes."""

    def __init__(self, address: str, credential: dict[str, str]) -> None:
        host, port = address.rsplit(":", 1)
        self.id = credential["username"]
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=self.id)
        self._client.username_pw_set(self.id, credential["password"])
        self._client.connect(host, int(port))
        self._client.loop_start()

    def say(self, channel: str, payload: bytes) -> None:
        """Returns when it is acknowledged."""
        said = self._client.publish(topics.build(self.id, channel), payload, qos=1)
        said.wait_for_publish(PATIENCE_S)
        assert said.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("garbage")) as found:
        yield found


@pytest.fixture(scope="module")
def api(running: Running) -> Iterator[httpx.Client]:
    with running.api() as found:
        yield found


@pytest.fixture(scope="module")
def wild(running: Running) -> Iterator[Client]:
    client = Client(running.ready.mqtt, running.register("wild"))
    yield client
    client.close()


@pytest.mark.parametrize("channel", topics.FROM_DEVICE)
def test_whatever_a_device_says_harms_nothing(running: Running, api: httpx.Client, wild: Client, channel: str) -> None:
    said = payloads.get(channel, garbage)

    @settings(max_examples=40, deadline=None, suppress_health_check=_SLOW_IS_FINE)
    @given(st.lists(said | garbage, min_size=1, max_size=5))
    def say(several: list[bytes]) -> None:
        for payload in several:
            wild.say(channel, payload)
        assert api.get("/devices/wild/config").status_code == 200
        assert api.get("/devices/wild").status_code == 200

    say()
    assert api.get("/devices", params={"sync": "ahead"}).status_code == 200
    assert api.patch("/devices/wild/config", json={"led.on": False}).status_code == 200
    assert api.get(running.ready.url + "/readyz").status_code == 200
