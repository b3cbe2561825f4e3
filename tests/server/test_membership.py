"""A device that arrives while its schema gets a new version: it comes along, whichever of the two is faster."""

import asyncio
from pathlib import Path

from henge_server.models import Revision
from henge_server.server import Server
from henge_server.settings import Settings
from henge_server.store import Store
from henge_server.store.lmdb import LmdbStore

from tests.server.conftest import apply_lamp, client_of, registered, settings_in
from tests.server.lamp import LAMP

_TURNS = 50  # of the event loop: more than a registration takes until its commit


class ThoughtfulStore(LmdbStore):
    """Takes its time over each revision once it was asked to, as a store over a network does."""

    is_slow = False

    async def revision(self, device_id: str, rev: int | None = None) -> Revision | None:
        found = await super().revision(device_id, rev)
        for _ in range(_TURNS if self.is_slow else 0):
            await asyncio.sleep(0)
        return found


async def open_thoughtful(folder: Path, settings: Settings, may_make: bool) -> Store:
    return await ThoughtfulStore.open(folder)


async def test_a_device_comes_along_when_it_is_registered_during_an_apply(data: Path, monkeypatch) -> None:
    async with Server(settings_in(data), open_store=open_thoughtful) as server, client_of(server) as api:
        await apply_lamp(api)
        await registered(api, "porch")
        monkeypatch.setattr(ThoughtfulStore, "is_slow", True)
        changed = LAMP | {"led.name": {"type": "string", "default": "one"}}
        await asyncio.gather(apply_lamp(api, changed), *(registered(api, f"b{number}") for number in range(10)))
        devices = (await api.get("/devices")).json()["items"]
    assert {device["schema"]["version"] for device in devices} == {2}
    assert len(devices) == 11
