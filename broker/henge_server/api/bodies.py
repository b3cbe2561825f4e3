"""Bodies: a request that brings more than anything here can be is refused while it arrives, not when it is kept."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The largest thing that can be sent is a schema: 256 settings, which are rarely a kilobyte each. More would hold the
# event loop up for longer than a slice of its time.
MAX_BODY = 1 << 20  # bytes


class BoundedBodies:
    """The application behind it sees a body that is too large as HTTPException 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise HTTPException(413, f"The request has more than {MAX_BODY} bytes")
            return message

        await self._app(scope, counted, send)
