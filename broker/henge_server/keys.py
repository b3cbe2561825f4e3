"""Keys: the keys of devices derived from the master key, and the sealing of secret values.

A device's key is HKDF-SHA256 (RFC 5869) of the master key over the device id and its key generation, so that losing the
store loses no key, and that no key is stored. Passwords and tokens are random; only their SHA-256 is kept.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from henge_protocol import signing

_IV_BYTES = 16  # an AES block
_FILE_MODE = 0o600


class Keys:
    """Everything that is derived from one master key of 32 bytes."""

    def __init__(self, master: bytes) -> None:
        if len(master) != signing.KEY_BYTES:
            raise ValueError(f"the master key has {len(master)} bytes instead of {signing.KEY_BYTES}")
        self._master = master

    def device_key(self, device: str, generation: int) -> bytes:
        """The key that signs for one device in one generation: 32 bytes."""
        return self._derived(b"henge device key\x00" + device.encode() + b"\x00" + generation.to_bytes(4, "big"))

    def check(self) -> bytes:
        """What tells this master key from another one, and nothing else of it: 32 bytes."""
        return self._derived(b"henge master key check")

    def seal(self, device: str, generation: int, secret: str) -> bytes:
        """A secret value as it is stored and sent: 16 bytes IV, then AES-256-CBC with PKCS 7 padding."""
        iv = secrets.token_bytes(_IV_BYTES)
        padder = padding.PKCS7(8 * _IV_BYTES).padder()
        encryptor = self._cipher(device, generation, iv).encryptor()
        padded = padder.update(secret.encode()) + padder.finalize()
        return iv + encryptor.update(padded) + encryptor.finalize()

    def unseal(self, device: str, generation: int, sealed: bytes) -> str:
        """The secret that `seal` closed. Raises ValueError where it was sealed under another key."""
        decryptor = self._cipher(device, generation, sealed[:_IV_BYTES]).decryptor()
        unpadder = padding.PKCS7(8 * _IV_BYTES).unpadder()
        padded = decryptor.update(sealed[_IV_BYTES:]) + decryptor.finalize()
        return (unpadder.update(padded) + unpadder.finalize()).decode()

    def _derived(self, info: bytes) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=signing.KEY_BYTES, salt=None, info=info).derive(self._master)

    def _cipher(self, device: str, generation: int, iv: bytes) -> Cipher:
        return Cipher(algorithms.AES(signing.sealing_key(self.device_key(device, generation))), modes.CBC(iv))


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole and on disk before it has its name."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_password() -> str:
    """A random password or token: 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def fingerprint(text: str | bytes) -> bytes:
    """The SHA-256 under which a random password or token is kept."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()


def matches(password: bytes, sha256: bytes) -> bool:
    """Whether a password is the one that is kept, in a time that tells nothing."""
    return hmac.compare_digest(fingerprint(password), sha256)
