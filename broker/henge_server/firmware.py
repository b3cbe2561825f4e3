"""Firmware: what a board's software declares that it can be told, and what it would refuse of a document. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from henge_protocol import errors as codes
from henge_protocol import verdicts
from henge_protocol.errors import Problem
from henge_protocol.verdicts import Setting

from henge_server.models import Scalar, Values

_UNKNOWN = "the firmware does not know this setting"
_ITS_LIMIT = "{} (the firmware's limit)"


@dataclass(frozen=True, slots=True)
class Firmware:
    """`caps` is the digest of what it announced; `settings` is None where it announced nothing: every key is sent."""

    caps: bytes
    settings: dict[str, Setting] | None

    def problems(self, values: Values, unseal: Callable[[bytes], str]) -> list[Problem]:
        """What it would refuse of stored values, in the order of their keys."""
        if self.settings is None:
            return []
        found = (self._problem(key, values[key], unseal) for key in sorted(values))
        return [problem for problem in found if problem]

    def _problem(self, key: str, value: Scalar | bytes, unseal: Callable[[bytes], str]) -> Problem | None:
        setting = (self.settings or {}).get(key)
        if setting is None:
            return Problem(key, codes.UNKNOWN_KEY, _UNKNOWN)
        if isinstance(value, bytes):
            if not setting.secret:
                return Problem(key, codes.WRONG_TYPE, "the firmware cannot open a secret here")
            value = unseal(value)
        problem = verdicts.check_value(key, setting, value)
        return Problem(key, problem.code, _ITS_LIMIT.format(problem.text)) if problem else None


UNANNOUNCED = Firmware(b"", None)
