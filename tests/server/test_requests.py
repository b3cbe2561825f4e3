"""Requests that are not in order: the answer says what is wrong with them, and is true."""

import httpx
import pytest

from tests.server.conftest import Register

JSON = {"Content-Type": "application/json"}
NOTHING_WAS = "Nothing was changed."


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/devices/porch/config"), ("POST", "/devices"), ("PUT", "/schemas/lamp")],
)
async def test_body_that_is_no_json_cannot_be_read(
    api: httpx.AsyncClient, register: Register, method: str, path: str
) -> None:
    await register("porch")
    answer = await api.request(method, path, content='{"led.on": tru}', headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["errors"] == []
    assert "at character 11" in answer.json()["detail"]
    assert NOTHING_WAS in answer.json()["detail"]


async def test_a_read_says_nothing_of_changes(api: httpx.AsyncClient) -> None:
    answer = await api.get("/devices", params={"status": "onlin"})
    assert answer.status_code == 422
    assert [error["key"] for error in answer.json()["errors"]] == ["status"]
    assert NOTHING_WAS not in answer.text


async def test_a_write_says_that_nothing_was_changed(api: httpx.AsyncClient) -> None:
    answer = await api.post("/devices", json={"id": 7})
    assert answer.status_code == 422
    assert NOTHING_WAS in answer.json()["detail"]


async def test_no_page_needs_the_internet(api: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect", "/nothing"):
        answer = await api.get(str(api.base_url.copy_with(path=path)))
        assert answer.status_code == 404
        assert "/openapi.json" in answer.json()["detail"]
    assert (await api.get(str(api.base_url.copy_with(path="/openapi.json")))).status_code == 200
