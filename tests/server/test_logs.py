"""The server's log: what the broker says of a connection has its facts as fields there, too."""

import asyncio
import json
from pathlib import Path

import pytest
from henge_mqtt.journal import REFUSED

from tests.server.device import Device, Refused
from tests.server.process import PATIENCE_S, end, start_up


async def test_a_refused_device_is_one_line_with_who_and_why(data: Path) -> None:
    server = await start_up(data, "127.0.0.1:0", "127.0.0.1:0", HENGE_LOG_LEVEL="info", HENGE_LOG_FORMAT="json")
    try:
        assert server.stdout
        ready = json.loads(await asyncio.wait_for(server.stdout.readline(), PATIENCE_S))
        stranger = Device(ready["mqtt"], {"username": "porch", "password": "guessed", "config_key": "00"})
        with pytest.raises(Refused):
            await stranger.connect()
        server.terminate()
        _, log = await asyncio.wait_for(server.communicate(), PATIENCE_S)
    finally:
        await end(server)
    (line,) = [line for line in map(json.loads, log.decode().splitlines()) if line["event"] == REFUSED]
    assert (line["client"], line["user"], line["level"]) == ("porch", "porch", "warning")
    assert (line["reason"], line["detail"]) == ("bad user name or password", "no such device")
    assert line["address"].startswith("127.0.0.1:")
