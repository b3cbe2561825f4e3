"""The route of the CA by which boards know the broker. It needs no token: what it answers is no secret."""

from fastapi import APIRouter
from fastapi.responses import Response

from henge_server.api.parts import WithParts
from henge_server.api.problems import answers
from henge_server.errors import NotFound

router = APIRouter(tags=["ca"])

_MEDIA_TYPE = "application/pem-certificate-chain"  # RFC 8555, section 9.1


@router.get(
    "/ca",
    response_class=Response,
    responses={200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "Certificates in PEM"}}
    | answers(404),
)
async def ca(parts: WithParts) -> Response:
    """The CA that issued the broker's certificate: what a board, or mosquitto_sub --cafile, is given."""
    found = parts.ca()
    if not found:
        raise NotFound("Boards connect to an outside broker, and its CA is not known here: broker_ca_file names it.")
    return Response(found, media_type=_MEDIA_TYPE)
