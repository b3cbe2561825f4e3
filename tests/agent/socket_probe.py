"""Gives up five connections to the port that is named, twice, and prints how many files are open after each time. Run
by either runtime. The first time, an event loop makes what it then keeps.
"""

import asyncio
import os
import sys

from henge_agent.compat import open_stream


async def main(port: int) -> None:
    for _ in range(2):
        for _ in range(5):
            try:
                await asyncio.wait_for(open_stream("127.0.0.1", port, None), 0.05)
            except asyncio.TimeoutError:  # noqa: UP041  # MicroPython has no other
                print("given up")
        print(len(os.listdir("/proc/self/fd")))


asyncio.run(main(int(sys.argv[1])))
