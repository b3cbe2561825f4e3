"""Telemetry as a server reads it: readings of now, or those that a device kept while asleep. No board carries this."""

from henge_protocol import cbor, topics
from henge_protocol.errors import BadMessage
from henge_protocol.messages import Message, Telemetry


class StoredReading(Message):
    """Readings that a sleeping device kept: `age` milliseconds old when they were sent."""

    NAME = "telemetry"
    MAX_BYTES = topics.MAX_BYTES[topics.TELEMETRY]
    SHAPE = "age:uint v:readings"
    age: int
    v: dict


def decode_telemetry(data: "bytes | bytearray | memoryview") -> list:
    """A telemetry payload as a list of Telemetry or StoredReading. Raises BadMessage."""
    Telemetry.check_size(len(data))
    try:
        found = cbor.decode(data)
    except cbor.CborError as error:
        raise BadMessage("telemetry: " + str(error))
    if isinstance(found, list):
        return [StoredReading.from_fields(entry) for entry in found]
    return [Telemetry.from_fields(found)]
