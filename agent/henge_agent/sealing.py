"""Sealing: opens the secret values of a document. Few documents have some, so a board has this only meanwhile."""

from henge_protocol import signing
from henge_protocol.errors import BadMessage

_BLOCK = 16  # bytes: AES's block, and the initialisation vector's size


def unsealed(device_key: bytes, key: str, sealed: bytes) -> str:
    """The text of the secret setting `key`, sealed for the device with this 32-byte key. Raises BadMessage."""
    if len(sealed) < 2 * _BLOCK or len(sealed) % _BLOCK:
        raise BadMessage(key + ": not a sealed value")
    text = aes_cbc_decrypt(signing.sealing_key(device_key), sealed[:_BLOCK], sealed[_BLOCK:])
    fill = text[-1]
    if not 1 <= fill <= _BLOCK or text[-fill:] != bytes((fill,)) * fill:
        raise BadMessage(key + ": sealed under another key")
    try:
        return text[:-fill].decode()
    except UnicodeError:
        raise BadMessage(key + ": sealed under another key")


def aes_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-256-CBC without its padding taken off. `iv` is 16 bytes, `data` a multiple of 16."""
    try:
        import cryptolib  # type: ignore[import-not-found]

        return cryptolib.aes(key, 2, iv).decrypt(data)  # 2: CBC, which has no name on most ports
    except ImportError:
        pass  # CPython: imported here and not above, since it takes 50 ms that only sealed values are worth
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()
