"""People at the door who are not clients: garbage, half a CONNECT, a wrong password, silence, a CONNECT and away.

The broker closes each of them, or they vanish; nobody else is to notice.
"""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

from tests.broker import wire
from tests.broker.crowd.rules import PASSWORD


async def intrude(port: int, seed: int, number: int, times: int) -> None:
    """Knock `times` times, one after the other."""
    rng = Random(f"{seed} stranger {number}")
    for _ in range(times):
        await _knock(port, rng, f"ghost-{number}-{rng.randrange(10**9)}")


async def _knock(port: int, rng: Random, name: str) -> None:
    hello = wire.connect(name, username="crowd", password=PASSWORD)
    closed_by_broker, data = rng.choice(
        [
            (True, b"\x00" + rng.randbytes(rng.randrange(1, 300))),
            (True, wire.connect(name, username="crowd", password=b"wrong")),
            (True, wire.publish("talk/0", b"before CONNECT")),
            (True, b"\x10\xff\xff\xff\x7f"),
            (True, hello + hello),
            (True, hello + wire.publish("talk/#", b"x")),
            (False, hello[: rng.randrange(len(hello))]),
            (False, hello),  # gone before it can be answered
            (False, hello + wire.subscribe(("talk/#", 2)) + wire.publish("locked/door", b"x", qos=2)),
        ]
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(data)
        if closed_by_broker:
            while await reader.read(4096):
                pass
        else:
            await asyncio.sleep(0)
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
