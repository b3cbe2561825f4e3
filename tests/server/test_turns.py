"""Many tasks that become ready together share the event loop with everybody else."""

import asyncio

from henge_server.slices import SLICE_S
from henge_server.turns import Turns


class Watch:
    """A clock that work moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def rounds_of(count: int, work_s: float) -> list[int]:
    """In which turn of the loop each of `count` tasks came to do its work."""
    watch, turn, came = Watch(), 0, []
    turns = Turns(watch)

    async def work() -> None:
        await turns.mine()
        watch.now += work_s
        came.append(turn)

    tasks = [asyncio.create_task(work()) for _ in range(count)]
    while not all(task.done() for task in tasks):
        turn += 1
        await asyncio.sleep(0)
    return came


async def test_tasks_go_on_together_while_they_fit_a_slice():
    assert len(set(await rounds_of(4, SLICE_S / 8))) == 1


async def test_the_rest_waits_for_the_next_turn_when_a_slice_is_used_up():
    came = await rounds_of(6, SLICE_S / 2)
    assert [came.count(turn) for turn in sorted(set(came))] == [2, 2, 2]


async def test_one_task_goes_on_in_every_turn_when_each_takes_too_long():
    came = await rounds_of(3, SLICE_S * 10)
    assert len(set(came)) == 3
