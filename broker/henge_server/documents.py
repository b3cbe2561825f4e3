"""Documents: a device's own layer and its schema become one signed revision, and a revision becomes values that a
person may see.

Secrets enter here in the clear and leave sealed; nothing that this module shows holds one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from henge_protocol import errors as codes
from henge_protocol import schema as limits
from henge_protocol import signing
from henge_protocol.errors import BadMessage, Problem
from henge_protocol.messages import Desired, Document
from henge_protocol.schema import Setting
from henge_protocol.sentences import shortest

from henge_server.errors import Invalid
from henge_server.firmware import UNANNOUNCED, Firmware
from henge_server.keys import Keys
from henge_server.models import Device, Revision, Scalar, Schema, Values
from henge_server.resolve import resolve

HIDDEN = "***"  # what a secret looks like to everyone but its device
OWN_LAYER = "device"

Patch = dict[str, Scalar | None]  # None resets a key to what it inherits


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a revision, why, and when (milliseconds since 1970)."""

    by: str
    why: str
    at: int


class Documents:
    """Makes revisions with the keys of one server, in the epoch of its store."""

    def __init__(self, keys: Keys, epoch: int) -> None:
        self._keys = keys
        self._epoch = epoch

    def patched(self, device: Device, settings: dict[str, Setting], layer: Values, patch: Patch) -> Values:
        """`layer` with `patch` merged in (RFC 7396, one level), checked and in normal form. Raises Invalid, naming
        every problem.
        """
        given = {key: value for key, value in patch.items() if value is not None}
        given = {key: value for key, value in given.items() if not (value == HIDDEN and is_secret(settings, key))}
        problems = limits.check(settings, given)
        problems += [Problem(key, codes.UNKNOWN_KEY) for key in patch if key not in settings and key not in given]
        if problems:
            raise Invalid("Nothing was changed.", problems)
        result = {key: value for key, value in layer.items() if key not in patch or patch[key] == HIDDEN}
        for key, value in given.items():
            result[key] = self._kept(device, settings[key], layer.get(key), value)
        return result

    def resealed(self, device_id: str, layer: Values, old: int, new: int) -> Values:
        """`layer` with its secrets, sealed under one generation of the device's key, sealed under another."""
        if old == new:
            return layer
        return {
            key: self._keys.seal(device_id, new, self._keys.unseal(device_id, old, value))
            if isinstance(value, bytes)
            else value
            for key, value in layer.items()
        }

    def refit(self, device: Device, settings: dict[str, Setting], layer: Values) -> tuple[Values, list[Problem]]:
        """A stored layer under other settings: in their normal form and sealed as they say, and what does not fit any
        more.
        """
        clear: dict[str, Scalar] = {}
        problems = []
        for key, value in layer.items():
            setting = settings.get(key)
            if isinstance(value, bytes):
                if setting and not setting.secret:
                    problems.append(Problem(key, codes.WRONG_TYPE, "is a secret and would be shown; unset it first"))
                value = self._keys.unseal(device.id, device.credential.generation, value)
            clear[key] = value
        problems += [hide(problem, layer.get(problem.key)) for problem in limits.check(settings, clear)]
        if problems:
            return layer, problems
        return {key: self._kept(device, settings[key], layer[key], value) for key, value in clear.items()}, []

    def forbidden(self, device: Device, firmware: Firmware, before: Values, layer: Values) -> list[Problem]:
        """What a device's firmware cannot take of what is new in a layer. Keys that it does not know are no problem:
        they are left out of its document.
        """
        new = {key: value for key, value in layer.items() if not same(value, before.get(key))}
        return [problem for problem in self._refused(device, firmware, new) if problem.code != codes.UNKNOWN_KEY]

    def revision(
        self,
        device: Device,
        schema: Schema | None,
        layer: Values,
        rev: int,
        author: Author,
        firmware: Firmware = UNANNOUNCED,
    ) -> Revision:
        """The signed revision `rev`, without what the firmware cannot take. Raises Invalid where the document is
        larger than a board can hold.
        """
        values, _ = resolve(parsed(schema), [(OWN_LAYER, layer)])
        left_out = {problem.key: problem for problem in self._refused(device, firmware, values)}
        values = {key: value for key, value in values.items() if key not in left_out}
        name, version = (schema.name, schema.version) if schema else ("", 0)
        doc = encode_document(name, version, values)
        generation = device.credential.generation
        key = self._keys.device_key(device.id, generation)
        return Revision(
            device=device.id,
            epoch=self._epoch,
            rev=rev,
            schema_name=name,
            schema_version=version,
            layer=layer,
            generation=generation,
            doc=doc,
            mac=signing.config_mac(key, device.id, self._epoch, rev, doc),
            digest=signing.document_digest(key, doc),
            caps=firmware.caps,
            left_out={key: [problem.code, problem.text] for key, problem in left_out.items()},
            at=author.at,
            by=author.by,
            why=author.why,
        )

    def _refused(self, device: Device, firmware: Firmware, values: Values) -> list[Problem]:
        """What the firmware would refuse of stored values."""
        if firmware.settings is None:
            return []
        generation = device.credential.generation
        found = firmware.problems(values, lambda sealed: self._keys.unseal(device.id, generation, sealed))
        return [p if p.code == codes.UNKNOWN_KEY else hide(p, values[p.key]) for p in found]

    def _kept(self, device: Device, setting: Setting, before: Scalar | bytes | None, value: Scalar) -> Scalar | bytes:
        """The form in which a checked value is stored; a secret that did not change keeps its sealed bytes."""
        if not setting.secret:
            return limits.normal(setting, value)
        secret = str(value)  # it is one already: no other type can be a secret
        generation = device.credential.generation
        if isinstance(before, bytes) and self._keys.unseal(device.id, generation, before) == secret:
            return before
        return self._keys.seal(device.id, generation, secret)


def encode_document(schema: str, version: int, values: Values) -> bytes:
    """The bytes that are signed, stored and sent. Raises Invalid."""
    try:
        return Document(schema=schema, version=version, values=values).encode()
    except BadMessage as error:
        raise Invalid(
            f"The document does not fit on a board: {error}.", [Problem("", codes.TOO_LARGE, str(error))]
        ) from error


def parsed(schema: Schema | None) -> dict[str, Setting]:
    """The settings of a stored schema version; none for a device without a schema. Parsed once per version."""
    if schema is None:
        return {}
    found = _PARSED.get(schema.digest)
    if found is None:
        if len(_PARSED) >= _PARSED_KEPT:
            _PARSED.clear()
        found = _PARSED[schema.digest] = limits.parse(schema.settings)
    return found


# By digest, so that equal content is parsed once. A fleet uses a handful; the bound only keeps a strange one from
# growing.
_PARSED: dict[bytes, dict[str, Setting]] = {}
_PARSED_KEPT = 256


def payload(revision: Revision) -> bytes:
    """A revision as it travels on the desired topic."""
    return Desired(epoch=revision.epoch, rev=revision.rev, doc=revision.doc, mac=revision.mac).encode()


def values_of(revision: Revision) -> Values:
    """The values in a revision's document, secrets sealed."""
    return Document.decode(revision.doc).values


def shown(value: Scalar | bytes) -> Scalar:
    """A value as a person may see it: secrets hidden, a single float in its shortest form."""
    if isinstance(value, bytes):
        return HIDDEN
    return shortest(value) if isinstance(value, float) else value


def all_shown(values: Values) -> dict[str, Any]:
    return {key: shown(value) for key, value in sorted(values.items())}


def differing(one: Values, other: Values) -> Iterable[str]:
    """The keys whose values differ, in order."""
    return sorted(key for key in one.keys() | other.keys() if not same(one.get(key), other.get(key)))


def same(one: Scalar | bytes | None, other: Scalar | bytes | None) -> bool:
    """Whether two stored values are the same; true and 1 are not."""
    return type(one) is type(other) and one == other


def is_secret(settings: dict[str, Setting], key: str) -> bool:
    return key in settings and settings[key].secret


def hide(problem: Problem, value: Scalar | bytes | None) -> Problem:
    """A problem without the value in its sentence, where that value is a secret."""
    return Problem(problem.key, problem.code) if isinstance(value, bytes) else problem
