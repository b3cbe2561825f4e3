"""What only the holder of a device's key can make: a document's signature, its digest, and the key for its secrets.

HMAC (RFC 2104) over SHA-256, written out here because MicroPython has no hmac module. Sealing itself (AES-256-CBC) is
done where a cipher is: on the server by cryptography, on a board by cryptolib.
"""

import hashlib

KEY_BYTES = 32
MAC_BYTES = 32
DIGEST_BYTES = 16

_BLOCK = 64  # bytes SHA-256 works on at a time


def hmac_sha256(key: bytes, *parts: "bytes | bytearray") -> bytes:
    """HMAC-SHA256 of the parts, one after another: 32 bytes."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    padded = key + bytes(_BLOCK - len(key))
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded))
    for part in parts:
        inner.update(part)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded))
    outer.update(inner.digest())
    return outer.digest()


def config_mac(key: bytes, device: str, epoch: int, rev: int, doc: bytes) -> bytes:
    """The signature of `doc` as revision (`epoch`, `rev`) of one device: 32 bytes."""
    head = b"config\x00" + device.encode() + b"\x00" + epoch.to_bytes(4, "big") + rev.to_bytes(8, "big")
    return hmac_sha256(key, head, doc)


def document_digest(key: bytes, doc: bytes) -> bytes:
    """The name of `doc` between one device and the server: 16 bytes that tell nothing about what is in it."""
    return hmac_sha256(key, b"digest\x00", doc)[:DIGEST_BYTES]


def sealing_key(key: bytes) -> bytes:
    """The key under which a device's secret values travel: 32 bytes."""
    return hmac_sha256(key, b"seal\x00")


def equal(one: bytes, other: bytes) -> bool:
    """Whether two byte strings are the same, in a time that does not tell where they differ."""
    if len(one) != len(other):
        return False
    difference = 0
    for a, b in zip(one, other):
        difference |= a ^ b
    return not difference
