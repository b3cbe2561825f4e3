"""Metrics: what the server counts, in the Prometheus text format. Reads counters that the parts keep anyway; keeps none
itself.
"""

from collections.abc import Iterator

from henge_mqtt import Stats
from henge_mqtt import metrics as mqtt_metrics
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from henge_server.intake import Intake
from henge_server.lag import Lag
from henge_server.mqtt import Mqtt, outside_stats
from henge_server.mqtt.embedded import EmbeddedMqtt
from henge_server.mqtt.outside import OutsideMqtt
from henge_server.mqtt.outside_stats import OutsideStats
from henge_server.presence import Presence
from henge_server.store import Store

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LAG_QUANTILES = (0.5, 0.9, 0.99, 1.0)


class Metrics(Collector):
    """Collects when it is asked."""

    def __init__(self, store: Store, mqtt: Mqtt, intake: Intake, presence: Presence, lag: Lag) -> None:
        self._store = store
        self._mqtt = mqtt
        self._intake = intake
        self._presence = presence
        self._lag = lag
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("henge_devices_online", "Devices connected now", self._presence.online)
        yield GaugeMetricFamily("henge_feed_seq", "Number of the newest change", self._store.last_seq)
        yield CounterMetricFamily(
            "henge_messages_unreadable", "Messages of devices that could not be read", self._intake.malformed
        )
        yield self._loop_lag()
        if isinstance(self._mqtt, EmbeddedMqtt) and self._mqtt.broker:
            yield from _of_broker(self._mqtt.broker.stats)
        if isinstance(self._mqtt, OutsideMqtt):
            yield from _of_outside(self._mqtt.stats)

    def _loop_lag(self) -> Metric:
        family = GaugeMetricFamily(
            "henge_loop_lag_seconds", "How late the event loop was, in the last minute", labels=["quantile"]
        )
        for share, late in zip(_LAG_QUANTILES, self._lag.quantiles(*_LAG_QUANTILES), strict=True):
            family.add_metric([str(share)], late)
        return family


def _of_broker(stats: Stats) -> Iterator[Metric]:
    for metric, value in mqtt_metrics.samples(stats):
        family = GaugeMetricFamily if metric.kind == "gauge" else CounterMetricFamily
        yield family(metric.name, metric.help, value)
    reached = CounterMetricFamily(mqtt_metrics.REACHED.name, mqtt_metrics.REACHED.help, labels=["limit"])
    for limit, count in stats.reached.items():
        reached.add_metric([limit], count)
    yield reached


def _of_outside(stats: OutsideStats) -> Iterator[Metric]:
    for field, (name, text) in outside_stats.GAUGES.items():
        yield GaugeMetricFamily(name, text, getattr(stats, field))
    for field, (name, text) in outside_stats.COUNTERS.items():
        yield CounterMetricFamily(name, text, getattr(stats, field))
    name, text = outside_stats.MESSAGES_IGNORED
    ignored = CounterMetricFamily(name, text, labels=["reason"])
    for reason, count in stats.ignored.items():
        ignored.add_metric([reason], count)
    yield ignored
