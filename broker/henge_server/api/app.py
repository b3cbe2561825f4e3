"""The HTTP application: its routers, its errors, its OpenAPI."""

from fastapi import Depends, FastAPI

from henge_server import __version__
from henge_server.api import announcements, broker, ca, commands, config, devices, events, health, problems, schemas
from henge_server.api.bodies import BoundedBodies
from henge_server.api.parts import Parts
from henge_server.api.problems import ProblemOut, answers
from henge_server.api.queries import no_unknown_query

_DESCRIPTION = (
    "State what each board should be; henge checks it, stores it, sends it, and says what the board made of it."
)


def make_app(parts: Parts) -> FastAPI:
    """The application over the parts of a server."""
    # No pages of the framework's: they load their scripts from elsewhere, and many a fleet has no way there.
    app = FastAPI(title="henge", version=__version__, description=_DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.parts = parts
    problems.install(app)
    app.add_middleware(BoundedBodies)
    for module in (devices, config, commands, announcements, schemas, events, broker, ca):
        app.include_router(
            module.router, prefix="/api/v1", responses=answers(), dependencies=[Depends(no_unknown_query)]
        )
    app.include_router(health.router)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Puts the shape of errors into OpenAPI once, and takes out FastAPI's own, which henge never answers."""
    described = app.openapi

    def openapi() -> dict:
        if app.openapi_schema is None:
            schemas = described().setdefault("components", {}).setdefault("schemas", {})
            problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs", {}))
            schemas["ProblemOut"] = problem
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi
