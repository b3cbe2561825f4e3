"""The matrix: which clients and which features there are, and which of the one are tried with which of the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.broker.interop.clients.aiomqtt import AIOMQTT
from tests.broker.interop.clients.amqtt import AMQTT
from tests.broker.interop.clients.gmqtt import GMQTT
from tests.broker.interop.clients.mosquitto import MOSQUITTO
from tests.broker.interop.clients.paho_c import PAHO_C
from tests.broker.interop.clients.paho_mqtt import PAHO_MQTT
from tests.broker.interop.features import Feature
from tests.broker.interop.grounds import GROUNDS
from tests.broker.interop.scenarios.connecting import CONNECTING
from tests.broker.interop.scenarios.cuts import CUTS
from tests.broker.interop.scenarios.encryption import ENCRYPTION
from tests.broker.interop.scenarios.publishing import PUBLISHING
from tests.broker.interop.scenarios.subscribing import SUBSCRIBING
from tests.broker.interop.scenarios.wills import WILLS
from tests.broker.interop.visitor import Foreign

CLIENTS = (MOSQUITTO, PAHO_C, PAHO_MQTT, AIOMQTT, GMQTT, AMQTT)
CHAPTERS = (CONNECTING, WILLS, PUBLISHING, SUBSCRIBING, CUTS, ENCRYPTION)
FEATURES = tuple(feature for chapter in CHAPTERS for feature in chapter.all)

QUICK_CLIENTS = (MOSQUITTO, PAHO_MQTT, GMQTT)
"""Those that `./dev test` tries as well: three that share no code."""


class Cell(NamedTuple):
    """One feature with one client at one broker."""

    broker: str
    feature: Feature
    client: Foreign

    @property
    def id(self) -> str:
        return f"{self.broker}-{self.client.name.replace(' ', '-')}-{self.feature.scenario.__name__}"

    @property
    def quick(self) -> bool:
        """`./dev test` has it too."""
        return self.broker == "henge" and self.feature.quick and self.client in QUICK_CLIENTS


def _all_cells() -> Iterator[Cell]:
    for broker in GROUNDS:
        for feature in FEATURES:
            for client in CLIENTS:
                if feature.name not in client.lacks:
                    yield Cell(broker, feature, client)


WORKS = [cell for cell in _all_cells() if cell.feature.name not in cell.client.fails]
FAILS = [cell for cell in _all_cells() if cell.feature.name in cell.client.fails]
