"""Commands: kept, sent to whoever is connected, answered once, over when their time is over."""

import asyncio
from typing import Any

import httpx
import pytest
from henge_protocol.messages import Command
from henge_server.server import Server
from henge_server.store import COMMANDS_KEPT

from tests.server.conftest import Connect, Register
from tests.server.device import PATIENCE_S, Device

COMMANDS = "/devices/porch/commands"


async def send(api: httpx.AsyncClient, name: str = "identify", wait: float = 0, **body: Any) -> dict[str, Any]:
    answer = await api.post(COMMANDS, json={"name": name, **body}, params={"wait": wait} if wait else {})
    assert answer.status_code in (200, 202), answer.text
    return answer.json() | {"status": answer.status_code}


async def state(api: httpx.AsyncClient, command: dict[str, Any] | Command) -> str:
    name = command.id if isinstance(command, Command) else command["id"]
    return (await api.get(f"{COMMANDS}/{name}")).json()["state"]


async def test_command_reaches_a_connected_device_and_its_answer_whoever_waits(
    api: httpx.AsyncClient, porch: Device
) -> None:
    asked = asyncio.create_task(send(api, "read", wait=20))
    command = await porch.command()
    assert (command.name, command.args) == ("read", {})
    await porch.answer(command, {"temperature": 21.5})
    answer = await asked
    assert (answer["status"], answer["state"], answer["result"]) == (200, "done", {"temperature": 21.5})
    assert answer["by"] == "admin"


async def test_command_that_the_device_cannot_do_has_failed_with_its_reason(
    api: httpx.AsyncClient, porch: Device
) -> None:
    asked = asyncio.create_task(send(api, wait=20))
    await porch.answer(await porch.command(), "there is no light", ok=False)
    answer = await asked
    assert (answer["status"], answer["state"], answer["result"]) == (200, "failed", "there is no light")


async def test_command_waits_for_a_device_that_is_away_and_is_sent_when_it_comes(
    api: httpx.AsyncClient, register: Register, connect: Connect
) -> None:
    credential = await register()
    sent = await send(api)
    assert (sent["status"], sent["state"], sent["sent_at"]) == (202, "waiting", None)
    porch = await connect(credential)
    await porch.join()
    await porch.take()
    assert (await porch.command()).id == sent["id"]
    assert await state(api, sent) == "sent"


async def test_unanswered_command_is_sent_again_over_the_next_connection(api: httpx.AsyncClient, porch: Device) -> None:
    await send(api)
    first = await porch.command()
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    await porch.take()
    assert await porch.command() == first


async def test_answered_command_is_not_sent_again(api: httpx.AsyncClient, porch: Device) -> None:
    await send(api)
    await porch.answer(await porch.command())
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    await porch.take()
    await porch.nothing_more()


async def test_reboot_whose_answer_was_lost_is_done_and_not_repeated_when_the_board_has_started_again(
    api: httpx.AsyncClient, porch: Device
) -> None:
    sent = await send(api, "reboot")
    await porch.command()
    await porch.disconnect()
    porch.boot += 1
    await porch.connect()
    await porch.join()
    await porch.take()
    async with asyncio.timeout(PATIENCE_S):
        while await state(api, sent) != "done":
            pass  # it is asked again
    await porch.nothing_more()


async def test_command_expires_when_nobody_answers_in_its_time(api: httpx.AsyncClient, porch: Device) -> None:
    answer = await send(api, wait=20, ttl=1)
    assert (answer["status"], answer["state"]) == (200, "expired")


async def test_command_that_expired_while_nobody_looked_is_not_sent(
    api: httpx.AsyncClient, register: Register, connect: Connect
) -> None:
    credential = await register()
    sent = await send(api, wait=20, ttl=1)
    porch = await connect(credential)
    await porch.join()
    await porch.take()
    await porch.nothing_more()
    assert await state(api, sent) == "expired"


async def test_late_answer_counts_for_it_tells_what_the_device_did(api: httpx.AsyncClient, porch: Device) -> None:
    sent = await send(api, wait=20, ttl=1)
    await porch.answer(await porch.command())
    assert (sent["state"], await state(api, sent)) == ("expired", "done")


async def test_first_answer_stays_when_the_device_repeats_it_with_another(
    api: httpx.AsyncClient, porch: Device
) -> None:
    sent = await send(api, "read")
    command = await porch.command()
    await porch.answer(command, {"a": 1})
    await porch.answer(command, {"a": 2}, ok=False)
    found = (await api.get(f"{COMMANDS}/{sent['id']}")).json()
    assert (found["state"], found["result"]) == ("done", {"a": 1})


@pytest.mark.parametrize("command_id", ["", "1", "1-00000000", "nothing", "-", "9" * 40, "²"])
async def test_answer_to_what_was_never_asked_changes_nothing(
    api: httpx.AsyncClient, porch: Device, command_id: str
) -> None:
    sent = await send(api)
    await porch.command()
    await porch.answer(Command(id=command_id, name="identify", args={}))
    assert await state(api, sent) == "sent"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"name": "explode"}, "name"),
        ({"name": "identify", "args": {"for": 3}}, "args.for"),
        ({"name": "read", "args": {"what": "mind"}}, "args.what"),
        ({"name": "identify", "ttl": 0}, "ttl"),
        ({"name": "identify", "ttl": 86400}, "ttl"),
    ],
)
async def test_command_that_no_device_knows_is_refused(
    api: httpx.AsyncClient, register: Register, body: dict[str, Any], key: str
) -> None:
    await register()
    answer = await api.post(COMMANDS, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["key"]) == (422, key)
    assert (await api.get(COMMANDS)).json()["items"] == []


async def test_device_has_so_many_open_commands_and_no_more(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    statuses = [(await api.post(COMMANDS, json={"name": "identify"})).status_code for _ in range(5)]
    assert statuses == [202] * 4 + [409]


async def test_only_the_newest_commands_are_kept(api: httpx.AsyncClient, porch: Device) -> None:
    for number in range(COMMANDS_KEPT + 3):
        await send(api)
        await porch.answer(await porch.command(), number)
    page = (await api.get(COMMANDS, params={"limit": 10})).json()
    rest = (await api.get(COMMANDS, params={"cursor": page["next_cursor"]})).json()
    results = [entry["result"] for entry in page["items"] + rest["items"]]
    assert results == list(range(COMMANDS_KEPT + 2, 2, -1))


async def test_config_that_was_read_is_shown_as_values_and_told_from_another_servers(
    api: httpx.AsyncClient, porch: Device
) -> None:
    patched = asyncio.create_task(api.patch("/devices/porch/config", json={"wifi.password": "hidden", "led.on": False}))
    desired = await porch.take()
    await patched
    for doc_mac, known in ((desired.mac, True), (bytes(32), False)):
        asked = asyncio.create_task(send(api, "read", wait=20, args={"what": "config"}))
        command = await porch.command()
        await porch.answer(command, {**desired.fields(), "mac": doc_mac})
        result = (await asked)["result"]
        assert (result["rev"], result["known"]) == (2, known)
        assert (result["values"]["led.on"], result["values"]["wifi.password"]) == (False, "***")


async def test_events_and_audit_tell_of_a_command(api: httpx.AsyncClient, server: Server, porch: Device) -> None:
    async with api.stream("GET", "/events", params={"device": "porch"}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await send(api)
        await porch.answer(await porch.command(), "no", ok=False)
        states = []
        async for line in lines:
            if line.startswith("data:") and '"device.command"' in line:
                states.append(line.split('"state": "')[1].split('"')[0])
            if len(states) == 3:
                break
    assert states == ["waiting", "sent", "failed"]


async def test_commands_go_with_their_device(api: httpx.AsyncClient, register: Register, connect: Connect) -> None:
    await register()
    old = await send(api)
    await api.delete("/devices/porch")
    porch = await connect(await register())
    await porch.join()
    await porch.take()
    await porch.nothing_more()
    assert (await api.get(COMMANDS)).json()["items"] == []
    assert (await api.get(f"{COMMANDS}/{old['id']}")).status_code == 404
