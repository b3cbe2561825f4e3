"""amqtt as its own program starts it, with one mistake of its version 0.12.1 taken out; for tests.

Whoever connected while another client left was never answered: amqtt walks through its subscriptions then, with pauses
in which they change, and gives the new client up without closing its connection.
"""

import sys
from typing import Any

from amqtt.broker import Broker
from amqtt.scripts import broker_script


class Subscriptions(dict[str, Any]):
    """Whoever walks through them sees those that were there when the walk began."""

    def __iter__(self):
        return iter([*self.keys()])

    def items(self):
        return dict(super().items()).items()


class Mended(Broker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._subscriptions = Subscriptions()


if __name__ == "__main__":
    broker_script.Broker = Mended
    sys.exit(broker_script.main())
