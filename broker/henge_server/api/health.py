"""Routes about the server itself: is it alive, is it ready, what does it count."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from henge_server.api.parts import WithParts
from henge_server.api.problems import answers
from henge_server.errors import BrokerUnavailable
from henge_server.metrics import MEDIA_TYPE

router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """Alive: the process answers."""
    return "ok\n"


@router.get("/readyz", response_class=PlainTextResponse, responses={503: answers(503)[503]})
async def readyz(parts: WithParts) -> str:
    """Ready: the store answers and the broker listens, or is connected where it is an outside one."""
    await parts.store.devices(limit=1)
    if why := parts.mqtt.not_ready():
        raise BrokerUnavailable(why)
    return "ready\n"


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text format"}
    },
)
async def metrics(parts: WithParts) -> Response:
    """What the server counts, for Prometheus."""
    return Response(parts.metrics.text(), media_type=MEDIA_TYPE)
