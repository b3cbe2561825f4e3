"""Queries: a parameter that a route does not have is refused. Passed over, a misspelt filter would mean everything."""

from fastapi import Request
from fastapi.routing import APIRoute
from henge_protocol import errors as codes
from henge_protocol.errors import Problem

from henge_server.errors import Invalid


async def no_unknown_query(request: Request) -> None:
    """For every route. Raises Invalid, naming each parameter that the route does not declare."""
    if not request.query_params:
        return
    route: APIRoute = request.scope["route"]
    known = {parameter.alias for parameter in route.dependant.query_params}
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        text = f"no such parameter; there are {', '.join(sorted(known)) or 'none here'}"
        problems = [Problem(name, codes.UNKNOWN_KEY, text) for name in unknown]
        raise Invalid("The query asks for what this route does not know.", problems)
