"""Credential: who a board is and how it proves it, from the file that registering the device wrote. Pure."""

import binascii
import json

from henge_protocol import topics
from henge_protocol.signing import KEY_BYTES


class BadCredential(ValueError):
    """A credential file that is not one. Says what is missing."""


class Credential:
    """`device` is also the MQTT user name; `key` is 32 bytes and checks what the server signs."""

    def __init__(self, device: str, password: str, key: bytes) -> None:
        self.device = device
        self.password = password
        self.key = key


def parse(text: str) -> Credential:
    """The credential in the JSON of a file: by itself, or in the server's answer to POST. Raises BadCredential.

    Each field is checked, because MicroPython's json takes a file that was cut off for a whole one.
    """
    try:
        found = json.loads(text)
    except ValueError:
        raise BadCredential("it is not JSON")
    if isinstance(found, dict) and isinstance(found.get("credential"), dict):
        found = found["credential"]
    if not isinstance(found, dict):
        raise BadCredential("it holds no object with username, password and config_key")
    device, password, key = found.get("username"), found.get("password"), found.get("config_key")
    if not topics.is_device_id(device):
        raise BadCredential("its username is missing, or is no device id")
    if not isinstance(password, str) or not password:
        raise BadCredential("its password is missing")
    return Credential(device, password, _key(key))  # type: ignore[arg-type]


def _key(text: object) -> bytes:
    try:
        key = binascii.unhexlify(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadCredential("its config_key is missing, or is not {} hexadecimal digits".format(2 * KEY_BYTES))
    return key
