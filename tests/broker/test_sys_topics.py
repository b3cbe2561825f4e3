"""The $SYS topics: those of mosquitto that we have look as they do there, and are at hand for whoever subscribes."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from henge_mqtt.sys_topics import ROOT, TOPICS
from henge_mqtt.version import VERSION

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse
from tests.broker.test_standalone import start
from tests.broker.wire import Wire

PATIENCE_S = 30
PAGE = (Path(__file__).parents[2] / "docs" / "broker.md").read_text()


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """A broker that publishes the topics every ten seconds of its clock."""
    return await open_house(sys_interval=10)


async def values(house: House) -> dict[str, str]:
    """What a subscriber that comes now is sent at once, without the part of the names that all have."""
    reader = await house.client("late", ("$SYS/#", 1))
    found = await reader.until_pong()
    assert all(message.first & 1 for message in found)
    await reader.close()
    await house.until(lambda: "late" not in house.broker.clients)
    return {message.topic.removeprefix(ROOT): message.payload.decode() for message in found}


def form(value: str) -> str:
    """A value without its program's name and with N for every number."""
    return re.sub(r"\d+", "N", re.sub(r"^\S+ version", "version", value))


def seen_by_mosquitto_sub(program: Path, port: int, *topics: str) -> dict[str, str]:
    """The first value of each of `topics`, as soon as all have one."""
    options = [option for topic in topics for option in ("-t", topic)]
    who = [str(program), "-h", "127.0.0.1", "-p", str(port), "-W", str(PATIENCE_S), "-F", "%t\t%p"]
    found: dict[str, str] = {}
    with subprocess.Popen([*who, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            topic, value = line.rstrip("\n").split("\t")
            found.setdefault(topic, value)
            if len(found) == len(topics):
                process.kill()
    return found


def test_every_topic_is_mosquittos_with_a_value_of_the_same_form(mosquitto_port: int, mosquitto_sub: Path):
    process, port = start("--anonymous", "--sys-interval", "1")
    try:
        ours = seen_by_mosquitto_sub(mosquitto_sub, port, *TOPICS)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
    theirs = seen_by_mosquitto_sub(mosquitto_sub, mosquitto_port, *TOPICS)
    assert {topic: form(value) for topic, value in ours.items()} == {t: form(value) for t, value in theirs.items()}
    assert set(ours) == set(TOPICS)


async def test_page_lists_what_we_have_and_what_we_leave_out(mosquitto_port: int):
    client = await Wire.open(mosquitto_port)
    await client.ask(wire.connect())
    await client.ask(wire.subscribe(("$SYS/#", 0)))
    theirs = {message.topic for message in await client.until_pong()}
    await client.close()
    section = PAGE.partition("\n## $SYS topics\n")[2].partition("\n## ")[0]
    have, _, without = (set(expanded(part)) for part in section.partition("Left out"))
    assert have == set(TOPICS)
    assert without == theirs - set(TOPICS)


def expanded(text: str) -> list[str]:
    """The topics in a text, with `1min|5min|15min` written out."""
    found = []
    for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE):
        head, slash, last = name.rpartition("/")
        found += [f"{ROOT}{head}{slash}{choice}" for choice in last.split(", ")]
    return found


def test_version_is_the_distributions():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


async def test_subscriber_that_comes_late_has_them_all_at_once(house: House):
    assert set(await values(house)) == {topic.removeprefix(ROOT) for topic in TOPICS}


async def test_clients_are_counted_when_the_interval_is_over(house: House):
    lamp = await house.client("lamp", ("a", 1), clean=False)
    await house.client("porch")
    house.pass_time(10)
    found = await values(house)
    assert (found["clients/total"], found["clients/connected"], found["subscriptions/count"]) == ("2", "2", "1")
    await lamp.close()
    await house.until(lambda: "lamp" not in house.broker.clients)
    house.pass_time(10)
    found = await values(house)
    assert (found["clients/connected"], found["clients/disconnected"]) == ("1", "1")
    assert found["clients/maximum"] == "2"


async def test_uptime_is_in_seconds(house: House):
    house.pass_time(9)
    assert (await values(house))["uptime"] == "0 seconds"
    house.pass_time(16)
    assert (await values(house))["uptime"] == "25 seconds"


async def test_load_moves_towards_the_rate_of_a_minute(house: House):
    writer = await house.client("writer")
    for _ in range(60):
        writer.send(wire.publish("a", b"x"))
    await writer.until_pong()
    house.pass_time(10)
    found = await values(house)
    assert found["publish/messages/received"] == "60"
    assert found["load/publish/received/1min"] == "55.27"  # 360 a minute, (1 - exp(-10 / 60)) of it
    assert found["load/publish/received/15min"] == "3.98"
    house.pass_time(60)
    assert (await values(house))["load/publish/received/1min"] == "20.33"


async def test_forgotten_sessions_are_the_expired_ones(open_house: OpenHouse):
    house = await open_house(sys_interval=10, sessions=1)
    for name in ("a", "b", "c"):
        await (await house.client(name, clean=False)).close()
        await house.until(lambda: not house.broker.clients)
    house.pass_time(10)
    assert (await values(house))["clients/expired"] == "2"


async def test_only_what_changed_is_published_again(house: House):
    reader = await house.client("reader", ("$SYS/broker/version", 0), ("$SYS/broker/uptime", 0))
    assert len(await reader.until_pong()) == 2
    house.pass_time(10)
    assert [message.topic for message in await reader.until_pong()] == ["$SYS/broker/uptime"]


async def test_nothing_is_published_unless_it_is_asked_for(open_house: OpenHouse):
    house = await open_house()
    house.pass_time(100)
    assert await values(house) == {}
    assert house.broker.stats.retained == 0
