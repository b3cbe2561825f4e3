"""The master key in its file, beside the store that was signed with it.

The two belong together: a store under another key would have every board refuse what is sent from then on. So the store
keeps a check value of its key, and a server whose key does not fit does not start.
"""

import hmac
import secrets
from pathlib import Path

import structlog
from henge_protocol import signing

from henge_server.errors import CannotStart
from henge_server.keys import Keys, write_private
from henge_server.models import KeyCheck
from henge_server.store import Store, Write

_OTHERS = 0o077  # the bits of a mode that are about anybody but the owner

log = structlog.get_logger("henge.server")


async def keys_of(store: Store, path: Path) -> Keys:
    """The keys of a store, from the master key's file; a new file for a store in which nothing was signed yet.

    Raises CannotStart where the file is missing, cannot be read, or is not that of this store.
    """
    check = await store.key_check()
    is_new = check is None and not await store.devices(limit=1)
    keys = _read_or_make(path, may_make=is_new)
    fits = hmac.compare_digest(check.value, keys.check()) if check else await _signed(store, keys)
    if not fits:
        raise CannotStart(
            f"The master key {path} is not the one that the store beside it was signed with: the boards would refuse "
            "whatever it signs. Put the right file back from where you keep its copy."
        )
    if check is None:
        await store.write(Write(puts=[KeyCheck(value=keys.check())]))
    return keys


def _read_or_make(path: Path, *, may_make: bool) -> Keys:
    if not path.exists():
        if not may_make:
            raise CannotStart(
                f"The master key {path} is missing, and the store beside it was signed with it. "
                "Put the file back from where you keep its copy; without it no board can be reached."
            )
        write_private(path, secrets.token_bytes(signing.KEY_BYTES).hex() + "\n")
    try:
        mode = path.stat().st_mode
        keys = Keys(bytes.fromhex(path.read_text().strip()))
    except (ValueError, OSError) as error:
        raise CannotStart(f"The master key {path} cannot be used: {error}. Put the file back from its copy.") from error
    if mode & _OTHERS:
        log.warning("others than its owner may use the master key", file=str(path), do=f"chmod 600 {path}")
    return keys


async def _signed(store: Store, keys: Keys) -> bool:
    """Whether these keys signed what is in a store without a check value; one document tells, and none is as well."""
    for device in await store.devices(limit=1):
        revision = await store.revision(device.id)
        if revision:
            key = keys.device_key(device.id, revision.generation)
            mac = signing.config_mac(key, device.id, revision.epoch, revision.rev, revision.doc)
            return hmac.compare_digest(mac, revision.mac)
    return True
