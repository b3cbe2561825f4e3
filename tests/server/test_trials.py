"""What a person hears of a trial that was taken back, everywhere, once; and how the same values are tried again."""

import httpx
import pytest
from henge_protocol.messages import ROLLED_BACK, TRIAL

from tests.server.device import Device, values

CONFIG = "/devices/porch/config"
WHY = {"": ["not_confirmed", "the network attic was not found"]}


@pytest.fixture
async def taken_back(api: httpx.AsyncClient, porch: Device) -> Device:
    """A device that took revision 2 back after its trial."""
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    await porch.report(desired, TRIAL)
    await porch.report(desired, ROLLED_BACK, errors=WHY)
    return porch


@pytest.mark.usefixtures("taken_back")
async def test_reason_is_told_with_the_config_and_in_the_history(api: httpx.AsyncClient) -> None:
    config = (await api.get(CONFIG)).json()
    assert (config["sync"], config["reported"]["errors"]) == ("rolled_back", WHY)
    newest, first = (await api.get("/devices/porch/revisions")).json()["items"]
    assert (newest["state"], newest["errors"], first["errors"]) == ("rolled_back", WHY, {})
    assert (await api.get("/devices/porch/revisions/2")).json()["errors"] == WHY


async def test_it_is_not_sent_again_when_the_device_comes_back(api: httpx.AsyncClient, taken_back: Device) -> None:
    await taken_back.join(rev=1)
    await taken_back.nothing_more()


async def test_next_revision_is_sent(api: httpx.AsyncClient, taken_back: Device) -> None:
    await api.patch(CONFIG, json={"led.on": True})
    assert (await taken_back.desired()).rev == 3


async def test_same_values_make_no_revision_when_they_are_set_again(api: httpx.AsyncClient, taken_back: Device) -> None:
    answer = (await api.patch(CONFIG, json={"led.on": False})).json()
    assert (answer["outcome"]["changed"], answer["outcome"]["errors"]) == (False, WHY)
    await taken_back.nothing_more()


async def test_same_values_are_tried_again_when_it_is_rolled_back_to_them(
    api: httpx.AsyncClient, taken_back: Device
) -> None:
    answer = (await api.post("/devices/porch/rollback", json={"rev": 2})).json()
    assert (answer["outcome"]["changed"], answer["sync"]) == (True, "pending")
    desired = await taken_back.desired()
    assert (desired.rev, values(desired)["led.on"]) == (3, False)


async def test_rollback_to_the_newest_makes_none_when_it_was_not_refused(api: httpx.AsyncClient, porch: Device) -> None:
    answer = (await api.post("/devices/porch/rollback", json={"rev": 1})).json()
    assert not answer["outcome"]["changed"]
    await porch.nothing_more()
