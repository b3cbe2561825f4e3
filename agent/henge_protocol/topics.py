"""Topic names: builds them and takes them apart.

The only place that knows what a topic looks like; nothing else in henge joins or splits on a slash.
"""

DESIRED = "desired"
REPORT = "report"
HELLO = "hello"
STATUS = "status"
SCHEMA = "schema"
TELEMETRY = "telemetry"
LOG = "log"
COMMAND = "command"
RESULT = "result"

TO_DEVICE = (DESIRED, COMMAND)
FROM_DEVICE = (REPORT, HELLO, STATUS, SCHEMA, TELEMETRY, LOG, RESULT)
CHANNELS = TO_DEVICE + FROM_DEVICE

# Largest payload of each channel, in bytes: what a Pico W can hold beside a running program.
MAX_BYTES = {
    DESIRED: 9 * 1024,
    REPORT: 4 * 1024,
    HELLO: 1024,
    STATUS: 16,
    SCHEMA: 16 * 1024,
    TELEMETRY: 4 * 1024,
    LOG: 1024,
    COMMAND: 1024,
    RESULT: 16 * 1024,
}

_PREFIX = "henge/v1/"
_MAX_DEVICE_ID = 63  # characters; fits a DNS label, so an id can be a host name too
_FIRST = "abcdefghijklmnopqrstuvwxyz0123456789"
_REST = _FIRST + "-"


def is_device_id(text: object) -> bool:
    """Whether `text` can be a device id: `[a-z0-9][a-z0-9-]{0,62}`."""
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_DEVICE_ID:
        return False
    return text[0] in _FIRST and all(letter in _REST for letter in text)


def build(device: str, channel: str) -> str:
    """The topic of one device's channel. Raises ValueError for a bad device id or an unknown channel."""
    if not is_device_id(device):
        raise ValueError("not a device id: " + repr(device))
    if channel not in CHANNELS:
        raise ValueError("not a channel: " + repr(channel))
    return _PREFIX + device + "/" + channel


def parse(topic: str) -> "tuple[str, str] | None":
    """`(device, channel)` of a device topic; None for every other topic."""
    if not topic.startswith(_PREFIX):
        return None
    parts = topic[len(_PREFIX) :].split("/")
    if len(parts) != 2 or parts[1] not in CHANNELS or not is_device_id(parts[0]):
        return None
    return parts[0], parts[1]
