"""choice: the brokers that could be embedded, beside mosquitto, one push at a time.

Supports decision 0001. A fleet at once is left out: amqtt does not finish that in a bounded time.
"""

from bench import brokers
from bench.broker import one_at_a_time
from bench.figures import Figure
from bench.machine import scratch
from bench.scale import Scale


def run(scale: Scale) -> list[Figure]:
    """Each broker in turn, several rounds; the median."""
    with (
        scratch() as folder,
        brokers.henge(folder) as henge,
        brokers.amqtt(folder) as amqtt,
        brokers.mosquitto(folder) as mosquitto,
    ):
        for _ in range(scale.rounds):
            for broker in (mosquitto, amqtt, henge):
                before = broker.process.processor_s()
                one_at_a_time(broker, scale.pushes)
                broker.note(push_us=(broker.process.processor_s() - before) / scale.pushes * 1e6)
                broker.process.settle()
        figures = []
        for broker in (henge, amqtt):
            print(f"  {broker.name:6} {broker['one_p50']:.3f} ms p50, {broker['push_us']:.0f} us of processor per push")
            name = f"choice: {broker.name}, one push at a time"
            figures.append(Figure(f"{name}, p50", broker["one_p50"], "ms", None, mosquitto["one_p50"]))
            figures.append(Figure(f"{name}, processor", broker["push_us"], "us", None, mosquitto["push_us"]))
        return figures
