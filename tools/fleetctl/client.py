"""The REST API as methods, named as its routes. Knows HTTP and its errors; above it nobody sees a socket.

Answers are the API's JSON as it is. Every method raises Refused, NotAllowed or NotReachable.
"""

import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from fleetctl.context import Context, default_path
from fleetctl.errors import Failed, FleetctlError, NotAllowed, NotReachable, Problem, Refused, Usage

Json = dict[str, Any]

_PATIENCE_S = 10.0  # for an answer; a server that is well answers in milliseconds
_CONNECT_S = 5.0
_PAGE = 500  # entries asked for at a time
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Client:
    """One server. A context manager: its connections end with the block."""

    def __init__(self, context: Context, patience_s: float = _PATIENCE_S) -> None:
        self.context = context
        self.patience_s = patience_s
        host = _host(context)
        self._http = httpx.Client(
            base_url=context.server,
            headers={"Authorization": f"Bearer {context.token}"} if context.token else {},
            timeout=httpx.Timeout(patience_s, connect=min(_CONNECT_S, patience_s)),
            trust_env=host not in LOOPBACK,  # a proxy knows nothing of this machine's own servers
            # Loading the certificates takes longer than the whole request; http needs none.
            verify=ssl.create_default_context() if context.server.startswith("https:") else False,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    # Devices

    def devices(self, **filters: Any) -> Iterator[Json]:
        """Devices by id. `filters` are those of the route; None is left out, a list is repeated."""
        return self._pages("/devices", filters)

    def device(self, device: str) -> Json:
        return self._json("GET", _device(device))

    def add_device(self, body: Json) -> Json:
        """Registers; the answer holds the credential."""
        return self._json("POST", "/devices", json=body)

    def change_device(self, device: str, body: Json) -> Json:
        return self._json("PATCH", _device(device), json=body)

    def remove_device(self, device: str) -> None:
        self._ask("DELETE", _device(device))

    def rotate_credential(self, device: str, replace: bool = False) -> Json:
        """A new credential; with `replace` for another board, which takes the place of this one."""
        body = {"json": {"replace": True}} if replace else {}
        return self._json("POST", _device(device) + "/credential", **body)

    def send_command(self, device: str, body: Json, wait_s: float = 0) -> Json:
        """Has a device do something once; holds on for `wait_s` seconds until it has answered."""
        return self._held("POST", _device(device) + "/commands", body, wait_s)

    def commands(self, device: str) -> Iterator[Json]:
        """The newest first; only the last few are kept."""
        return self._pages(_device(device) + "/commands", {})

    # Config

    def config(self, device: str) -> Json:
        return self._json("GET", _device(device) + "/config")

    def patch_config(self, device: str, values: Json, wait_s: float = 0, if_rev: int | None = None) -> Json:
        """Merges `values` into the device's own layer; holds on for `wait_s` seconds until the board has decided."""
        return self._write("PATCH", _device(device) + "/config", values, wait_s, if_rev)

    def rollback(self, device: str, rev: int, wait_s: float = 0, if_rev: int | None = None) -> Json:
        return self._write("POST", _device(device) + "/rollback", {"rev": rev}, wait_s, if_rev)

    def revisions(self, device: str) -> Iterator[Json]:
        """The newest first."""
        return self._pages(_device(device) + "/revisions", {})

    def revision(self, device: str, rev: int) -> Json:
        return self._json("GET", f"{_device(device)}/revisions/{rev}")

    def diff(self, device: str, rev: int, against: int) -> Json:
        return self._json("GET", f"{_device(device)}/revisions/{rev}/diff", params={"against": against})

    # Schemas

    def schemas(self) -> Iterator[Json]:
        return self._pages("/schemas", {})

    def schema(self, name: str, version: int | None = None) -> Json:
        return self._json("GET", _schema(name), params=_given({"version": version}))

    def apply_schema(self, name: str, settings: Json) -> tuple[Json, bool]:
        """The version that holds, and whether it is new."""
        answer = self._ask("PUT", _schema(name), json={"settings": settings})
        return self._content(answer), answer.status_code == httpx.codes.CREATED

    def announcement(self, device: str) -> Json:
        """What a device's firmware can be told."""
        return self._json("GET", _device(device) + "/announcement")

    def adopt_schema(self, device: str, name: str | None) -> Json:
        """Makes a schema of what a device's firmware announced, and puts the device under it."""
        return self._json("POST", _device(device) + "/adopt", json=_given({"name": name}))

    # The server's own broker

    def broker_clients(self, **filters: Any) -> Iterator[Json]:
        """Clients by id, those with a session kept too."""
        return self._pages("/broker/clients", filters)

    def broker_client(self, client_id: str) -> Json:
        return self._json("GET", _broker_client(client_id))

    def disconnect_client(self, client_id: str) -> None:
        self._ask("POST", _broker_client(client_id) + "/disconnect")

    # The server itself

    def ca(self) -> str:
        """The CA by which boards know the broker: certificates in PEM; empty where the server does not know it."""
        try:
            return self._ask("GET", "/ca").text
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return ""

    def readiness(self) -> httpx.Response:
        """The answer of /readyz, whatever its status. Raises NotReachable."""
        return self._send("GET", "/readyz")

    def version(self) -> str:
        """The server's version, as its OpenAPI says."""
        return self._content(self._checked(self._send("GET", "/openapi.json")))["info"]["version"]

    def events(self, device: str | None, last_id: str | None, silence_s: float) -> Iterator[str]:
        """The lines of the event stream as they come. A silence of `silence_s` is NotReachable, as is its end."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
        timeout = httpx.Timeout(self.patience_s, read=silence_s)
        try:
            with self._http.stream(
                "GET", "/api/v1/events", params=_given({"device": device}), headers=headers, timeout=timeout
            ) as answer:
                if answer.is_error:
                    answer.read()
                self._checked(answer)
                yield from answer.iter_lines()
        except (httpx.RemoteProtocolError, httpx.ReadError):
            pass  # the server, or its machine, is gone: an end like any other
        except httpx.HTTPError as error:
            raise self._not_reachable(error) from error
        raise NotReachable(f"The server at {self.context.server} ended the connection.")

    def _write(self, method: str, path: str, body: Json, wait_s: float, if_rev: int | None) -> Json:
        headers = {"If-Match": f'"{if_rev}"'} if if_rev is not None else {}
        return self._held(method, path, body, wait_s, headers=headers)

    def _held(self, method: str, path: str, body: Json, wait_s: float, **request: Any) -> Json:
        """A request whose answer the server holds for up to `wait_s` seconds."""
        timeout = httpx.Timeout(self.patience_s + wait_s, connect=min(_CONNECT_S, self.patience_s))
        params = {"wait": wait_s} if wait_s else {}
        return self._json(method, path, json=body, params=params, timeout=timeout, **request)

    def _pages(self, path: str, filters: Json) -> Iterator[Json]:
        params = {"limit": _PAGE, **_given(filters)}
        while True:
            page = self._json("GET", path, params=params)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            params["cursor"] = page["next_cursor"]

    def _json(self, method: str, path: str, **request: Any) -> Json:
        return self._content(self._ask(method, path, **request))

    def _content(self, answer: httpx.Response) -> Json:
        try:
            return answer.json()
        except ValueError as error:
            text = f"{self.context.server} answers, and not as henge does. Is this the address of a henge server?"
            raise Failed(text) from error

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self._checked(self._send(method, "/api/v1" + path, **request))

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._not_reachable(error) from error

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        raise _refusal(answer, self.context)

    def _not_reachable(self, error: Exception) -> NotReachable:
        where = f"The server at {self.context.server} (context {self.context.name})"
        if isinstance(error, httpx.TimeoutException):
            return NotReachable(f"{where} does not answer. `fleetctl doctor` looks into it.")
        return NotReachable(f"{where} cannot be reached: {error}. Is it running? `fleetctl up` starts one here.")


def _host(context: Context) -> str:
    """The host of the context's server. Raises Usage where that is no address of a server."""
    try:
        parts = urlsplit(context.server)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts.hostname
    except ValueError:
        pass
    raise Usage(f"Context {context.name}: server {context.server!r} is not a URL like http://127.0.0.1:8470.")


def _refusal(answer: httpx.Response, context: Context) -> FleetctlError:
    """The error that an answer stands for: problem+json, or whatever something in between has said."""
    try:
        body = answer.json()
        detail = body["detail"]
        problems = [Problem(entry["key"], entry["code"], entry["message"]) for entry in body["errors"]]
    except (ValueError, TypeError, KeyError):
        detail, problems = f"{context.server} answered {answer.status_code} {answer.reason_phrase}.", []
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        todo = (
            f"fleetctl sends the token of the context {context.name}: write the right one into {default_path()}. "
            "Usually the server has it in ~/.local/share/henge/admin-token."
        )
        return NotAllowed(f"{detail} {todo}", problems)
    return Refused(answer.status_code, detail, problems)


def _device(device: str) -> str:
    return f"/devices/{quote(device, safe='')}"


def _schema(name: str) -> str:
    return f"/schemas/{quote(name, safe='')}"


def _broker_client(client_id: str) -> str:
    return f"/broker/clients/{quote(client_id, safe='')}"


def _given(params: Json) -> Json:
    return {key: value for key, value in params.items() if value is not None}
