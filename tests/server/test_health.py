"""What the server says of itself: alive, ready, and its counters."""

import httpx
from henge_server.server import Server
from prometheus_client.parser import text_string_to_metric_families

from tests.server.device import Device


async def samples(api: httpx.AsyncClient, server: Server) -> dict[str, float]:
    answer = await api.get(server.ready.url + "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_alive_and_ready_need_no_token(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.ready.url) as anybody:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await anybody.get(path)).status_code == 200


async def test_counters_count(server: Server, api: httpx.AsyncClient, porch: Device) -> None:
    before = await samples(api, server)
    await porch.say("report", b"\xff")
    await porch.client.publish("henge/v1/hall/report", b"", qos=1)
    after = await samples(api, server)
    assert after["henge_devices_online"] == after["henge_mqtt_connections"] == 1
    assert after["henge_messages_unreadable_total"] == before["henge_messages_unreadable_total"] + 1
    assert after["henge_mqtt_publishes_refused_total"] == before["henge_mqtt_publishes_refused_total"] + 1
    assert "henge_loop_lag_seconds" in after
    assert "process_resident_memory_bytes" in after
