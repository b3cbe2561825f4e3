"""Who may use which topic: a device its own, each in its own direction, whatever client it brings."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from henge_protocol import topics
from henge_protocol.messages import Report
from henge_server.server import Server

from tests.server.conftest import Connect, Register
from tests.server.device import PATIENCE_S, Device, Refused

_REFUSED = 0x80  # in a SUBACK


def filters_on(device: str, channel: str) -> list[str]:
    """Everything that a device might subscribe to in order to read a channel of another one."""
    topic = topics.build(device, channel)
    return [topic, f"henge/v1/+/{channel}", f"henge/v1/{device}/+", f"$share/group/{topic}", f"{topic}/#"]


@pytest.fixture
async def hall(register: Register, connect: Connect) -> Device:
    """The one that tries."""
    device = await connect(await register("hall"))
    await device.join()
    await device.take()
    return device


async def granted(device: Device, topic_filter: str) -> int:
    return int((await device.client.subscribe(topic_filter, qos=1))[0].value)  # type: ignore[union-attr]


async def test_device_cannot_subscribe_to_anothers(porch: Device, hall: Device) -> None:
    for channel in topics.CHANNELS:
        for topic_filter in filters_on("porch", channel):
            assert await granted(hall, topic_filter) == _REFUSED, topic_filter


async def test_device_cannot_subscribe_to_more_than_its_own(porch: Device, hall: Device) -> None:
    for topic_filter in ("#", "+/#", "henge/#", "henge/v1/#", "henge/v1/hall/#", "$SYS/#", "other"):
        assert await granted(hall, topic_filter) == _REFUSED, topic_filter
    await hall.nothing_more()


async def test_device_cannot_subscribe_to_what_it_publishes(hall: Device) -> None:
    for channel in topics.FROM_DEVICE:
        assert await granted(hall, topics.build("hall", channel)) == _REFUSED, channel


@pytest.mark.parametrize("retain", [False, True])
async def test_device_cannot_publish_to_anothers(
    api: httpx.AsyncClient, porch: Device, hall: Device, retain: bool
) -> None:
    before = (await api.get("/devices/porch/config")).json()
    payloads = {topics.STATUS: b"sleeping", topics.REPORT: forged()}
    for channel in topics.CHANNELS:
        await hall.client.publish(topics.build("porch", channel), payloads.get(channel, b"\xa0"), qos=1, retain=retain)
        await porch.nothing_more()
        assert (await api.get("/devices/porch/config")).json() == before, channel
    await porch.disconnect()
    await porch.connect()
    for own in topics.TO_DEVICE:
        await porch.client.subscribe(porch.topic(own), qos=1)
    assert (await porch.desired()).rev == 1  # and nothing retained before it
    await porch.nothing_more()


def forged() -> bytes:
    """A report in another's name that would be taken if it came from there."""
    report = {"epoch": 1, "rev": 1, "state": "rejected", "digest": bytes(16), "errors": {}, "boot": 9, "n": 9}
    return Report(**report).encode()


@pytest.mark.parametrize("channel", topics.TO_DEVICE)
async def test_device_cannot_publish_in_the_wrong_direction(hall: Device, channel: str) -> None:
    await hall.say(channel, b"forged", retain=True)
    await hall.nothing_more()
    await hall.disconnect()
    await hall.connect()
    await hall.client.subscribe(hall.topic(topics.COMMAND), qos=1)
    await hall.nothing_more()


async def test_device_that_goes_on_is_cut_off(hall: Device) -> None:
    await asyncio.gather(hall.cut_off(), *(hall.client.publish("henge/v1/porch/report", b"", qos=0) for _ in range(20)))


async def test_will_in_anothers_name_is_refused(server: Server, register: Register) -> None:
    credential = await register("hall")
    device = Device(server.ready.mqtt, credential)
    device.topic = lambda channel: topics.build("porch", channel)  # type: ignore[method-assign]
    with pytest.raises(Refused):
        await device.connect()


@pytest.mark.parametrize(
    "changed",
    [{"password": "wrong"}, {"password": ""}, {"username": "nobody"}, {"username": "porch"}, {"username": "#"}],
)
async def test_wrong_credential_is_refused(
    server: Server, porch: Device, register: Register, changed: dict[str, str]
) -> None:
    credential = await register("hall") | changed
    device = Device(server.ready.mqtt, credential)
    if changed.get("username") == "#":
        device.topic = lambda channel: topics.build("hall", channel)  # type: ignore[method-assign]
    with pytest.raises(Refused):
        await device.connect()
    await porch.nothing_more()  # nobody took its place


@pytest.mark.parametrize("identifier", ["porch", "other", "hall2"])
async def test_client_id_has_to_be_the_user_name(
    server: Server, porch: Device, register: Register, identifier: str
) -> None:
    device = Device(server.ready.mqtt, await register("hall"))
    with pytest.raises(Refused):
        await device.connect(identifier)
    await porch.nothing_more()


# --- the same with mosquitto's own programs ---------------------------------------------------------------------------


async def run(program: Path, server: Server, credential: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Runs mosquitto_sub or mosquitto_pub as a device until it ends; its exit code and everything it wrote."""
    host, port = server.ready.mqtt.rsplit(":", 1)
    name = credential["username"]
    who = ["-h", host, "-p", port, "-i", name, "-u", name, "-P", credential["password"], "-q", "1"]
    process = await asyncio.create_subprocess_exec(
        program, *who, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")


async def test_mosquitto_sub_reads_nothing_of_another(
    server: Server, register: Register, porch: Device, mosquitto_sub: Path
) -> None:
    await porch.say(topics.STATUS, b"online", retain=True)
    credential = await register("hall")
    for channel in topics.CHANNELS:
        wanted = [part for topic_filter in [*filters_on("porch", channel), "#"] for part in ("-t", topic_filter)]
        _, output = await run(mosquitto_sub, server, credential, "-F", "got %t", *wanted)
        assert "denied" in output
        assert "got" not in output


async def test_mosquitto_pub_changes_nothing_of_another(
    server: Server, api: httpx.AsyncClient, register: Register, porch: Device, mosquitto_pub: Path
) -> None:
    credential = await register("hall")
    before: dict[str, Any] = (await api.get("/devices/porch")).json()
    for channel in topics.CHANNELS:
        for more in ([], ["-r"]):
            topic = topics.build("porch", channel)
            code, output = await run(mosquitto_pub, server, credential, "-t", topic, "-m", "sleeping", *more)
            assert code == 0, output  # acknowledged and dropped: MQTT 3.1.1 has no way to say no
    await porch.nothing_more()
    after: dict[str, Any] = (await api.get("/devices/porch")).json()
    assert after | {"last_heard_at": ""} == before | {"last_heard_at": ""}


async def test_mosquitto_sub_gets_its_own_document(server: Server, register: Register, mosquitto_sub: Path) -> None:
    own = ["-t", topics.build("hall", topics.DESIRED), "-C", "1", "-F", "%r %t"]
    code, output = await run(mosquitto_sub, server, await register("hall"), *own)
    assert (code, output.strip()) == (0, "1 henge/v1/hall/desired")


async def test_mosquitto_with_a_wrong_password_is_refused(
    server: Server, register: Register, mosquitto_sub: Path
) -> None:
    credential = await register("hall") | {"password": "wrong"}
    code, output = await run(mosquitto_sub, server, credential, "-t", topics.build("hall", topics.DESIRED))
    assert code != 0
    assert "bad user name or password" in output
