"""TLS: in with the right CA, and out with another CA or at another host than the certificate names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker.interop.features import Features
from tests.broker.interop.stage import Stage, rest
from tests.broker.interop.visitor import Refused

ENCRYPTION = Features("TLS")


@ENCRYPTION.feature("the right CA")
async def right_ca(stage: Stage) -> None:
    watcher = await stage.watch(("a", 1))
    async with stage.visit_encrypted(host="localhost", ca=stage.certificates.ca) as guest:
        await guest.publish("a", b"x")
    assert (await watcher.read()).payload == b"x"


async def _stays_out(stage: Stage, host: str, ca: Path) -> str | None:
    watcher = await stage.watch(("a", 1))
    with pytest.raises(Refused) as refused:
        async with stage.visit_encrypted(host=host, ca=ca) as guest:
            await guest.publish("a", b"x")
    assert await rest(watcher, stage, "a") == []
    says_why = "certificate" in str(refused.value)
    return None if says_why else "yes, without saying why"


@ENCRYPTION.feature("another CA: the client stays out")
async def other_ca(stage: Stage) -> str | None:
    return await _stays_out(stage, "localhost", stage.certificates.other_ca)


@ENCRYPTION.feature("another host: the client stays out")
async def other_host(stage: Stage) -> str | None:
    return await _stays_out(stage, "127.0.0.1", stage.certificates.ca)
