"""Documents: the bytes of a desired message become a candidate: values that may be applied, or the reasons why not.

Pure. The signature is checked first, and nothing in a document is looked at before it holds.
"""

from henge_protocol import errors, signing, verdicts
from henge_protocol.errors import WHOLE_DOCUMENT, BadMessage, Problem
from henge_protocol.messages import Desired, Document

_NO_MEMORY = "this board has too little free memory for it at the moment"


class Candidate:
    """A document that somebody wants here. `values` are complete where `problems` is empty: defaults filled in.

    `signed` says whether the server has made it; what is not signed may be anybody's. `passing`: what is wrong is not
    the document's fault, and may be over when it comes again.
    """

    def __init__(self, epoch: int = 0, rev: int = 0, doc: bytes = b"", mac: bytes = b"") -> None:
        self.epoch = epoch
        self.rev = rev
        self.doc = doc
        self.mac = mac
        self.digest = b""
        self.values: dict = {}
        self.problems: "list[Problem]" = []
        self.signed = self.passing = False

    @property
    def order(self) -> "tuple[int, int]":
        """By which a newer document is told from an older one."""
        return self.epoch, self.rev

    def forget_bytes(self) -> None:
        """Its bytes are on flash: up to 8 KiB less to hold."""
        self.doc = self.mac = b""


class Documents:
    """Reads documents for one device with its 32-byte key, against the settings that its drivers declare."""

    def __init__(self, device: str, key: bytes, settings: "verdicts.Declared | dict") -> None:
        self._device = device
        self._key = key
        self._settings = settings

    def nothing(self) -> Candidate:
        """What a board uses that was never told anything: the defaults."""
        candidate = Candidate()
        candidate.values = verdicts.defaults(self._settings)
        candidate.signed = True
        return candidate

    def too_large(self) -> Candidate:
        """For a message of which only the size is known."""
        candidate = Candidate()
        candidate.problems = [Problem(WHOLE_DOCUMENT, errors.TOO_LARGE)]
        return candidate

    def received(self, payload: "bytes | memoryview") -> Candidate:
        """What a desired message holds. Never raises: what is wrong is in `problems`.

        The candidate's bytes lie in the payload: a board has no room for them twice.
        """
        if len(payload) > Desired.MAX_BYTES:
            return self.too_large()
        try:
            desired = Desired.decode(payload, True)
        except BadMessage as error:
            candidate = Candidate()
            candidate.problems = [Problem(WHOLE_DOCUMENT, errors.BAD_DOCUMENT, str(error))]
            return candidate
        candidate = Candidate(desired.epoch, desired.rev, desired.doc, desired.mac)
        mac = signing.config_mac(self._key, self._device, desired.epoch, desired.rev, desired.doc)
        if not signing.equal(mac, desired.mac):
            candidate.problems = [Problem(WHOLE_DOCUMENT, errors.BAD_MAC)]
            return candidate
        candidate.signed = True
        try:
            self._open(candidate)
        except MemoryError:
            candidate.passing = True
            candidate.problems = [Problem(WHOLE_DOCUMENT, errors.DRIVER_FAILED, _NO_MEMORY)]
        return candidate

    def stored(self, epoch: int, rev: int, mac: bytes, doc: bytes) -> Candidate:
        """What was kept on flash, where only sound documents go.

        Newer firmware may take other values than the one that stored it: `problems` then names what does not fit, and
        `values` has the defaults there.
        """
        candidate = Candidate(epoch, rev, doc, mac)
        candidate.signed = True
        self._open(candidate)
        return candidate

    def _open(self, candidate: Candidate) -> None:
        candidate.digest = signing.document_digest(self._key, candidate.doc)
        values: dict = {}
        try:
            if len(candidate.doc) > verdicts.MAX_DOCUMENT:
                candidate.problems = [Problem(WHOLE_DOCUMENT, errors.TOO_LARGE)]
            else:
                values = Document.decode(candidate.doc).values
                self._unseal_all(values)
                candidate.problems = verdicts.check(self._settings, values) + verdicts.missing(self._settings, values)
        except BadMessage as error:
            values = {}
            candidate.problems = [Problem(WHOLE_DOCUMENT, errors.BAD_DOCUMENT, str(error))]
        for problem in candidate.problems:
            values.pop(problem.key, None)
        # In the map that was read, since a board has no room for others beside it.
        for key, setting in self._settings.items():
            if key in values:
                values[key] = verdicts.normal(setting, values[key])
            elif setting.default is not None:
                values[key] = setting.default
        candidate.values = values

    def _unseal_all(self, values: dict) -> None:
        """Opens the secrets among `values`. Raises BadMessage."""
        for key, value in values.items():
            setting = self._settings.get(key)
            if setting and setting.secret and isinstance(value, bytes):
                values[key] = _unsealed(self._key, key, value)


def _unsealed(device_key: bytes, key: str, value: bytes) -> str:
    from henge_agent.sealing import unsealed  # for a moment, as passing.py says

    return unsealed(device_key, key, value)
