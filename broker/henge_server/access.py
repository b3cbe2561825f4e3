"""Access: which client may use which topic. A device may use its own topics only, each in its own direction. Pure."""

from henge_protocol import topics


def may_publish(device: str, topic: str) -> bool:
    """Whether a device may publish to a topic."""
    place = topics.parse(topic)
    return place is not None and place[0] == device and place[1] in topics.FROM_DEVICE


def may_subscribe(device: str, topic_filter: str) -> bool:
    """Whether a device may subscribe to a filter; a wildcard is never one of its own topics."""
    place = topics.parse(topic_filter)
    return place is not None and place[0] == device and place[1] in topics.TO_DEVICE
