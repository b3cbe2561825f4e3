"""Many agents in one process, as benchmarks run them: none hinders another, and nothing is left over."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.board import Board
from henge_agent.credential import Credential
from henge_agent.drivers.driver import Driver
from henge_agent.drivers.led import Led, Light
from henge_mqtt import Broker, Listener
from henge_protocol import topics

from tests.agent.ground import KEY, PASSWORD, SOON, Desk
from tests.portable.agent_fakes import signed

COUNT = 50


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.fixture
async def listener(desk: Desk) -> AsyncIterator[tuple[Broker, Listener]]:
    broker = Broker(desk)
    yield broker, await broker.listen("127.0.0.1", 0)
    await broker.close()


class Lamp(Board):
    def drivers(self) -> list[Driver]:
        return [Led(Light())]


def agent_of(number: int, port: int) -> Agent:
    return Agent(Lamp(), Credential(f"d{number}", PASSWORD, KEY), Address("127.0.0.1", port, False))


async def test_each_takes_its_own_document(desk: Desk, listener: tuple[Broker, Listener]) -> None:
    broker, where = listener
    async with asyncio.timeout(SOON):
        tasks = [asyncio.create_task(agent_of(number, where.port).run()) for number in range(COUNT)]
        for number in range(COUNT):
            values = {"led.brightness": number}
            topic = topics.build(f"d{number}", topics.DESIRED)
            broker.publish(topic, signed(number + 1, values, device=f"d{number}"), retain=True)
        revs = {(await desk.report()).rev for _ in range(COUNT)}
        assert revs == set(range(1, COUNT + 1))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("turns", [0, 1, 5, 50])
async def test_nothing_is_left_over_whenever_it_is_cancelled(
    turns: int, desk: Desk, listener: tuple[Broker, Listener]
) -> None:
    task = asyncio.create_task(agent_of(1, listener[1].port).run())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [one for one in asyncio.all_tasks() if _is_an_agents(one)]


def _is_an_agents(task: asyncio.Task) -> bool:
    coroutine = task.get_coro()
    return coroutine is not None and "henge_agent" in coroutine.cr_code.co_filename  # type: ignore[attr-defined]
