"""Secrets: written, never read back; sealed in the store and on the wire; opened by their device alone."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from henge_protocol import signing
from henge_protocol.messages import Desired
from henge_server.server import Server

from tests.server.conftest import Connect, Register
from tests.server.device import Device, values

CONFIG = "/devices/porch/config"
SECRET = "correct-horse-battery"


def opened(device: Device, desired: Desired) -> str:
    """The secret as the device reads it."""
    sealed = values(desired)["wifi.password"]
    assert isinstance(sealed, bytes)
    cipher = Cipher(algorithms.AES(signing.sealing_key(device.key)), modes.CBC(sealed[:16])).decryptor()
    padded = cipher.update(sealed[16:]) + cipher.finalize()
    return padded[: -padded[-1]].decode()


def files_with(text: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_device_opens_its_secret(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"wifi.password": SECRET})
    assert opened(porch, await porch.desired()) == SECRET


async def test_secret_is_read_back_nowhere(api: httpx.AsyncClient, porch: Device) -> None:
    written = await api.patch(CONFIG, json={"wifi.password": SECRET})
    answers = [
        written,
        await api.get(CONFIG),
        await api.get("/devices/porch/revisions"),
        await api.get("/devices/porch/revisions/2"),
        await api.get("/devices/porch/revisions/2/diff", params={"against": 1}),
        await api.patch(CONFIG, json={"led.on": False}),
        await api.get("/schemas/lamp"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert SECRET not in answer.text
    assert written.json()["desired"]["values"]["wifi.password"] == "***"
    assert answers[4].json()["changes"] == [{"key": "wifi.password", "from": None, "to": "***"}]


async def test_refusal_does_not_quote_a_secret(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    for value in (SECRET * 20, [SECRET], {"is": SECRET}):
        answer = await api.patch(CONFIG, json={"wifi.password": value})
        assert answer.status_code == 422
        assert SECRET not in answer.text


async def test_secret_is_in_no_event(server: Server, api: httpx.AsyncClient, register: Register) -> None:
    await register()
    await api.patch(CONFIG, json={"wifi.password": SECRET})
    text = ""
    async with asyncio.timeout(20), api.stream("GET", "/events", headers={"Last-Event-ID": "0"}) as stream:
        async for line in stream.aiter_lines():
            text += line
            if "wifi.password" in line:
                break
    assert SECRET not in text


async def test_secret_is_on_no_disk_and_in_no_log(
    data: Path,
    server: Server,
    api: httpx.AsyncClient,
    porch: Device,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    await api.patch(CONFIG, json={"wifi.password": SECRET})
    await porch.take()
    await api.patch(CONFIG, json={"wifi.password": SECRET + "-2"})
    await server.__aexit__()
    assert files_with(SECRET, data) == []
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("write", ["PATCH", "PUT"])
async def test_stars_written_back_leave_a_secret_as_it_is(api: httpx.AsyncClient, porch: Device, write: str) -> None:
    await api.patch(CONFIG, json={"wifi.password": SECRET})
    await porch.take()
    await api.request(write, CONFIG, json={"wifi.password": "***", "led.on": False})
    assert opened(porch, await porch.take()) == SECRET


async def test_same_secret_again_makes_no_revision(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    await api.patch(CONFIG, json={"wifi.password": SECRET})
    again = await api.patch(CONFIG, json={"wifi.password": SECRET})
    assert not again.json()["outcome"]["changed"]


async def test_secret_is_sealed_anew_after_a_rotation(api: httpx.AsyncClient, porch: Device, connect: Connect) -> None:
    await api.patch(CONFIG, json={"wifi.password": SECRET, "led.brightness": 7})
    await porch.take()
    await api.patch(CONFIG, json={"wifi.password": "other", "led.brightness": 8})
    await porch.take()
    renewed = await connect((await api.post("/devices/porch/credential")).json()["credential"])
    await renewed.join()
    assert opened(renewed, await renewed.take()) == "other"
    await api.post("/devices/porch/rollback", json={"rev": 2})
    old = await renewed.take()
    assert (opened(renewed, old), values(old)["led.brightness"]) == (SECRET, 7)


async def test_default_on_a_secret_is_refused(api: httpx.AsyncClient) -> None:
    settings = {"wifi.password": {"type": "string", "secret": True, "default": SECRET}}
    answer = await api.put("/schemas/radio", json={"settings": settings})
    assert answer.status_code == 422
    assert SECRET not in answer.text


async def test_secret_that_would_be_shown_by_a_new_schema_keeps_it_out(
    api: httpx.AsyncClient, register: Register
) -> None:
    await register()
    await api.patch(CONFIG, json={"wifi.password": SECRET})
    settings = (await api.get("/schemas/lamp")).json()["settings"]
    settings["wifi.password"] = {"type": "string"}
    answer = await api.put("/schemas/lamp", json={"settings": settings})
    assert answer.status_code == 409
    assert SECRET not in answer.text
