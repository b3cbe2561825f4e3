"""`python -m henge_mqtt`: the broker by itself, for whoever needs a small MQTT broker and nothing else."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import resource
import signal
import ssl
import sys
from pathlib import Path

from henge_mqtt import metrics
from henge_mqtt.broker import Broker
from henge_mqtt.errors import BrokerError, CertificateError
from henge_mqtt.hooks import Hooks
from henge_mqtt.limits import Limits
from henge_mqtt.logformat import JsonFormatter, TextFormatter
from henge_mqtt.metricspage import MetricsPage
from henge_mqtt.tls import load, server_context
from henge_mqtt.users import read_users

log = logging.getLogger("henge_mqtt")

Address = tuple[str, int]

LOCAL: Address = ("127.0.0.1", 1883)

COLLECTED_AFTER = 20_000
"""New objects after which the garbage collector looks: with Python's 700 it takes 3 % of a storm of connects."""

FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}

NOBODY_MAY_CONNECT = """nobody could connect: say who may, with one of
  --anonymous      anybody, to every topic
  --users FILE     the users of FILE, a line `name:sha256` for each; to make one:
                   printf %s PASSWORD | sha256sum | sed 's/^/NAME:/; s/ .*//' >> FILE"""


def main() -> int:
    """Run until SIGTERM or SIGINT; 0 then, 1 if it could not start, 2 for wrong usage."""
    parser = _parser()
    options = parser.parse_args()
    if not options.anonymous and options.users is None:
        parser.error(NOBODY_MAY_CONNECT)
    if (options.tls is None) != (options.cert is None):
        parser.error("--tls HOST:PORT and --cert FILE are given together")
    _log(logging.INFO if options.verbose else logging.WARNING, FORMATTERS[options.log_format]())
    try:
        limits = Limits.of(dict(options.limit))
    except ValueError as problem:
        parser.error(f"--limit: {problem}")
    try:
        hooks = Hooks() if options.anonymous else read_users(options.users)
        context = server_context(options.cert, options.key) if options.cert else None
        _allow_many_sockets()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(hooks, limits, options, context))
    except BrokerError as problem:
        print(f"henge_mqtt: {problem}", file=sys.stderr)
        return 1
    return 0


async def _serve(hooks: Hooks, limits: Limits, options: argparse.Namespace, context: ssl.SSLContext | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # its terminal is closed, and nohup did not start it
        loop.add_signal_handler(signal.SIGHUP, stop.set)
    broker = Broker(hooks, limits, sys_interval=options.sys_interval)
    plain: Address | None = options.listen or (None if context else LOCAL)
    if plain:
        listener = await broker.listen(*plain)
        print(f"henge_mqtt listens on {listener.host}:{listener.port}", flush=True)
    if context:
        listener = await broker.listen(*options.tls, ssl=context)
        loop.add_signal_handler(signal.SIGHUP, _read_again, context, options)
        print(f"henge_mqtt listens with TLS on {listener.host}:{listener.port}", flush=True)
    if options.metrics:
        page = await MetricsPage(lambda: metrics.text(broker.stats)).listen(*options.metrics)
        print(f"henge_mqtt shows its metrics at http://{page.host}:{page.port}/metrics", flush=True)
    _settle()
    await stop.wait()
    await broker.close()


def _read_again(context: ssl.SSLContext, options: argparse.Namespace) -> None:
    """Take new files of the certificate, if they can be used."""
    try:
        load(context, options.cert, options.key)
    except CertificateError as problem:
        log.error("the certificate before stays in use: %s", problem)
    else:
        log.warning("the certificate was read again from %s", options.cert)


def _log(level: int, formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m henge_mqtt", description="A small, fast, strict MQTT 3.1.1 broker."
    )
    parser.add_argument(
        "--listen",
        type=_address,
        metavar="HOST:PORT",
        help="listen there without TLS; 127.0.0.1:1883 where --tls is not given either",
    )
    parser.add_argument("--tls", type=_address, metavar="HOST:PORT", help="listen there with TLS 1.2 and 1.3")
    parser.add_argument("--cert", type=Path, metavar="FILE", help="PEM: the certificate for TLS, with its chain")
    parser.add_argument("--key", type=Path, metavar="FILE", help="PEM: its key, where FILE of --cert does not hold it")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--anonymous", action="store_true", help="let anybody connect")
    who.add_argument("--users", type=Path, metavar="FILE", help="let in the users of FILE (name:sha256 lines)")
    parser.add_argument(
        "--metrics", type=_address, metavar="HOST:PORT", help="show what it counts to Prometheus, at /metrics there"
    )
    parser.add_argument(
        "--limit",
        type=_assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set one of the limits that docs/broker.md lists, for example connections=500; may be repeated",
    )
    parser.add_argument(
        "--sys-interval",
        type=_seconds,
        default=10,
        metavar="SECONDS",
        help="publish the $SYS topics this often; 0: not at all. %(default)s, as mosquitto does",
    )
    parser.add_argument("--verbose", action="store_true", help="log when a connection begins and ends")
    parser.add_argument(
        "--log-format", choices=FORMATTERS, default="text", help="of the log, on standard error: %(default)s"
    )
    return parser


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, like 127.0.0.1:1883")
    return host.strip("[]"), int(port)


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _seconds(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return int(text)


def _loop_factory():
    """uvloop's event loop where it is installed: about twice as fast."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _settle() -> None:
    """Messages and connections are gone without the garbage collector: it need not look at what stays, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


def _allow_many_sockets() -> None:
    """The usual soft limit of 1,024 files is less than a fleet."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
