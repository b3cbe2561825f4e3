"""Credential file: the credential in what registering the device wrote. Pure."""

import binascii
import json

from henge_protocol import topics
from henge_protocol.signing import KEY_BYTES

from henge_agent.credential import Credential


class BadCredential(ValueError):
    """A credential file that is not one. Says what is missing."""


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
    return Credential(device, password, _key(key), _authorities(found.get("ca", "")))  # type: ignore[arg-type]


def _key(text: object) -> bytes:
    try:
        key = binascii.unhexlify(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadCredential("its config_key is missing, or is not {} hexadecimal digits".format(2 * KEY_BYTES))
    return key


def _authorities(pem: object) -> "tuple[bytes, ...]":
    found = []
    try:
        for part in pem.split("-----BEGIN CERTIFICATE-----")[1:]:  # type: ignore[attr-defined]
            text, end, _ = part.partition("-----END CERTIFICATE-----")
            found.append(binascii.a2b_base64(text if end else "?"))
    except (ValueError, AttributeError):
        found = [b""]
    if not all(found) or (pem and not found):
        raise BadCredential("its ca is no certificate in PEM")
    return tuple(found)
