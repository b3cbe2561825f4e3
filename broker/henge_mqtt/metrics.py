"""What each counter of `Stats` is called outside, and all of them in the Prometheus text format. Counts nothing."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from henge_mqtt.stats import Stats

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metric(NamedTuple):
    """A counter's name, whether it can fall (a gauge) or only rises (a counter), and what it says, in a line."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str


def _gauge(name: str, text: str) -> Metric:
    return Metric(f"henge_mqtt_{name}", "gauge", text)


def _counter(name: str, text: str) -> Metric:
    return Metric(f"henge_mqtt_{name}_total", "counter", text)


METRICS = {
    "connections": _gauge("connections", "Sockets open now"),
    "handshakes": _gauge("handshakes", "TLS handshakes going on now; they count as connections"),
    "sessions": _gauge("sessions", "Sessions now, connected or kept"),
    "subscriptions": _gauge("subscriptions", "Filters subscribed now"),
    "retained": _gauge("retained_messages", "Topics with a message that the broker retains"),
    "session_bytes": _gauge("session_bytes", "What all sessions keep: messages in flight and waiting, subscriptions"),
    "buffered_bytes": _gauge("buffered_bytes", "Unfinished packets, and bytes waiting for readers that are stuck"),
    "sockets": _counter("sockets", "Sockets accepted, whatever came of them"),
    "connects": _counter("connects", "CONNECTs accepted"),
    "disconnects": _counter("disconnects", "Accepted connections that ended"),
    "takeovers": _counter("takeovers", "Connections ended by a new one of the same client id"),
    "messages_in": _counter("messages_received", "PUBLISH packets received"),
    "messages_out": _counter("messages_sent", "PUBLISH packets sent"),
    "bytes_in": _counter("received_bytes", "Bytes read from sockets"),
    "bytes_out": _counter("sent_bytes", "Bytes written to sockets"),
    "dropped": _counter("messages_dropped", "Messages that a receiver was too slow for"),
    "retained_dropped": _counter("retained_dropped", "Retained messages routed but not kept: the table was full"),
    "refused_connections": _counter("connections_refused", "Sockets closed unread: too many"),
    "failed_handshakes": _counter("handshakes_failed", "Sockets on a TLS port that came to no connection"),
    "refused_logins": _counter("logins_refused", "CONNECTs answered with a refusal"),
    "refused_publishes": _counter("publishes_refused", "Publishes dropped: not the client's topic"),
    "refused_subscriptions": _counter("subscriptions_refused", "Filters refused: not the client's, or too many"),
    "malformed": _counter("malformed", "Connections closed for breaking the protocol or a limit"),
    "timeouts": _counter("timeouts", "Connections closed for silence"),
    "slow_readers": _counter("slow_readers", "Connections cut because too much was waiting for them"),
    "hook_failures": _counter("hook_failures", "Mistakes of the application that the broker serves"),
}
"""Field of `Stats` -> its metric. Every field has one, but for `reached`."""

REACHED = _counter("limit_reached", "How often a limit had its consequence; the label `limit` is its name")
"""`Stats.reached`, with the label `limit`."""


def samples(stats: Stats) -> Iterator[tuple[Metric, int]]:
    """Every metric without labels, with its value now."""
    for field, metric in METRICS.items():
        yield metric, getattr(stats, field)


def text(stats: Stats) -> str:
    """All metrics in the Prometheus text format (`MEDIA_TYPE`)."""
    lines = [_head(metric) + f"{metric.name} {value}\n" for metric, value in samples(stats)]
    lines.append(_head(REACHED))
    lines += [f'{REACHED.name}{{limit="{limit}"}} {count}\n' for limit, count in stats.reached.items()]
    return "".join(lines)


def _head(metric: Metric) -> str:
    return f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
