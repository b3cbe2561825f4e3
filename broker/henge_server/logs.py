"""Logs: one line for each thing that happened, on standard error, as text for people or as JSON for machines."""

import logging
import sys

import structlog
from henge_mqtt.journal import FIELDS
from structlog.typing import EventDict, Processor


def set_up(level: str, form: str) -> None:
    """`level` is debug, info, warning or error; `form` is text or json. Libraries' logs come out the same way."""
    shared: list[Processor] = [
        _printable,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(FIELDS), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, root.level))


def _printable(_: object, __: str, event: EventDict) -> EventDict:
    """Texts may come from a stranger's client id: what would steer a terminal is written out."""
    return {key: _written_out(value) if isinstance(value, str) else value for key, value in event.items()}


def _written_out(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
