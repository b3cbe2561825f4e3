"""A crew: its tasks end together, whoever ends first and whatever happens to who waits."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from henge_agent.crew import Crew


class TestCrew(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.crew = Crew()
        self.ended: list = []
        self.may_end = asyncio.Event()

    async def works(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append("worker")

    async def dawdles(self) -> None:
        """Takes a while to end."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.may_end.wait()
            self.ended.append("dawdler")

    async def stops(self) -> None:
        await self.crew.stop()
        self.ended.append("stopped")

    async def test_a_stop_ends_all(self):
        self.crew.add("a", self.works())
        self.crew.add("b", self.works())
        await asyncio.sleep(0)
        self.crew.add("never begun", self.works())
        await self.stops()
        self.assertEqual(self.ended, ["worker", "worker", "stopped"])

    async def test_the_first_to_fail_is_what_is_raised(self):
        async def fails() -> None:
            raise ValueError("first")

        self.crew.add("a", self.works())
        self.crew.add("b", fails())
        with self.assertRaises(ValueError):
            await self.crew.first()
        await self.stops()
        self.assertEqual(self.ended, ["worker", "stopped"])

    async def test_one_that_is_cancelled_from_inside_is_heard_of(self):
        async def cancels() -> None:
            raise asyncio.CancelledError()

        self.crew.add("a", self.works())
        self.crew.add("b", cancels())
        with self.assertRaises(RuntimeError) as ended:
            await self.crew.first()
        await self.stops()
        self.assertEqual(str(ended.exception), "b was cancelled")

    async def test_who_stops_it_can_be_cancelled_and_all_end_first(self):
        self.crew.add("a", self.dawdles())
        await asyncio.sleep(0)
        stopping = asyncio.create_task(self.stops())
        await asyncio.sleep(0)
        stopping.cancel()
        await asyncio.sleep(0)
        self.assertEqual(self.ended, [])
        self.may_end.set()
        with self.assertRaises(asyncio.CancelledError):
            await stopping
        self.assertEqual(self.ended, ["dawdler"])

    async def test_one_that_loses_its_cancellation_gets_another(self):
        async def loses() -> None:
            for _ in range(2):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.ended.append("told")

        self.crew = Crew(again_s=0.01)
        self.crew.add("loses", loses())
        await asyncio.sleep(0)
        await self.stops()
        self.assertEqual(self.ended, ["told", "told", "stopped"])


if __name__ == "__main__":
    unittest.main()
