"""Filters: what the server subscribes to at an outside broker. Topic names themselves are henge_protocol's."""

from henge_protocol import topics

_ANY = "any"  # a device id to build with, for want of a wildcard that is one


def every(channel: str) -> str:
    """The filter of one channel of all devices."""
    return topics.build(_ANY, channel).replace(f"/{_ANY}/", "/+/")


def mark(client_id: str) -> str:
    """Where the server says something to itself: among what devices say, under a name that none of them can have."""
    return topics.build(_ANY, topics.RESULT).replace(f"/{_ANY}/", f"/{client_id}/")


FROM_DEVICES = [(every(channel), 1) for channel in topics.FROM_DEVICE]
"""(filter, QoS) of what devices say."""

DESIRED = every(topics.DESIRED)
"""What the server itself publishes: read to see what the broker has kept of it."""
