"""Finding: what one check of the checkup has found."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """`todo` is empty where all is well."""

    level: Level
    subject: str
    text: str
    todo: str = ""
