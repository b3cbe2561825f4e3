"""Problems: every error leaves the API as RFC 9457 `application/problem+json`, in one shape."""

import json
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from henge_server import errors
from henge_server.errors import HengeError

MEDIA_TYPE = "application/problem+json"

_READS = ("GET", "HEAD")

log = structlog.get_logger("henge.api")


class FieldProblem(BaseModel):
    """What is wrong with one value."""

    key: str = Field(description="The setting, or the place in the request")
    code: str = Field(description="A problem code, as docs/protocol.md lists them")
    message: str


class ProblemOut(BaseModel):
    """Why a request was not done (RFC 9457)."""

    type: str = Field(description="about:blank: the title says it all")
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do next")
    errors: list[FieldProblem]


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error statuses of a route, for OpenAPI; 401, 422 and 503 can come from every one."""
    schema = {"$ref": "#/components/schemas/ProblemOut"}
    return {
        status: {"description": _title(status), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({401, 422, 503, *statuses})
    }


def _title(status: int) -> str:
    return _TITLES.get(status) or HTTPStatus(status).phrase


_TITLES = {
    kind.status: kind.title
    for kind in (
        errors.BadRequest,
        errors.NotAuthenticated,
        errors.NotFound,
        errors.Conflict,
        errors.HistoryGone,
        errors.PreconditionFailed,
        errors.Invalid,
        errors.BrokerElsewhere,
        errors.StoreUnavailable,
        errors.StoreFull,
    )
}


def install(app: FastAPI) -> None:
    """Makes every error of an app leave in this shape."""
    app.add_exception_handler(HengeError, _known)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _unknown)


def _known(_: Request, error: Exception) -> Response:
    assert isinstance(error, HengeError)
    found = [FieldProblem(key=p.key, code=p.code, message=p.text) for p in error.problems]
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return _problem(error.status, error.title, error.detail, found, headers)


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    for entry in error.errors():
        if entry["type"] == "json_invalid":
            why, at = entry["ctx"]["error"], entry["loc"][-1]
            detail = f"The body cannot be read as JSON: {why} at character {at}. Nothing was changed."
            return _problem(400, errors.BadRequest.title, detail, [], {})
    found = [
        FieldProblem(key=".".join(str(part) for part in entry["loc"][1:]), code="wrong_type", message=entry["msg"])
        for entry in error.errors()
    ]
    detail = "The request does not have the right form."
    if request.method not in _READS:
        detail += " Nothing was changed."
    return _problem(422, errors.Invalid.title, detail, found, {})


def _of_the_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{error.detail}. The routes are described at /openapi.json."
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else dict(error.headers or {})
    return _problem(error.status_code, HTTPStatus(error.status_code).phrase, detail, [], headers)


def _allowed(request: Request) -> str:
    """The methods of all routes at a path; the framework names those of one."""
    found: set[str] = set()
    for path, operations in request.app.openapi()["paths"].items():
        if compile_path(path)[0].match(request.url.path):
            found |= {method.upper() for method in operations}
    return ", ".join(sorted(found))


def _unknown(request: Request, error: Exception) -> Response:
    log.exception("a request failed", path=request.url.path, exc_info=error)
    return _problem(500, HengeError.title, "The server made a mistake; its log says more. Please report it.", [], {})


def _problem(status: int, title: str, detail: str, found: list[FieldProblem], headers: dict[str, str]) -> Response:
    body = ProblemOut(type="about:blank", title=title, status=status, detail=detail, errors=found)
    # In ASCII: a problem quotes what it was sent, and not every text that JSON can write can be encoded.
    return Response(json.dumps(body.model_dump()), status, headers, MEDIA_TYPE)
