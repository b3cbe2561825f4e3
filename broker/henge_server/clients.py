"""Clients of the embedded broker, as a person looks at them: listed in pages, one shown, one disconnected.

An outside broker keeps its own list: there every question is answered with where to ask.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import islice

from henge_mqtt import Broker, Entry

from henge_server.errors import BrokerElsewhere, BrokerUnavailable, Conflict, NotFound
from henge_server.models import AuditEntry
from henge_server.moments import Clock
from henge_server.mqtt import Mqtt
from henge_server.mqtt.embedded import EmbeddedMqtt
from henge_server.slices import Slices
from henge_server.store import Store, Write

_CHUNK = 500  # ids sorted in one stretch, some 0.2 ms


class ClientState(StrEnum):
    CONNECTED = "connected"
    AWAY = "away"  # it has a session that is kept


class Clients:
    """What the broker's roster says, at the moment of asking."""

    def __init__(self, mqtt: Mqtt, store: Store, clock: Clock) -> None:
        self._mqtt = mqtt
        self._store = store
        self._clock = clock

    async def page(self, after: str, limit: int, state: ClientState | None) -> tuple[list[Entry], bool]:
        """At most `limit` clients with an id above `after`, by id, and whether there are more. Raises BrokerElsewhere.

        Who comes or goes while the list is read may be in it or not.
        """
        broker, slices = self._broker(), Slices()
        found: list[Entry] = []
        for client_id in await self._above(broker, slices, after, limit + 1, state):
            await slices.breathe()
            entry = broker.roster.entry(client_id)
            if entry is not None and state in (None, state_of(entry)):
                found.append(entry)
        return found[:limit], len(found) > limit

    def get(self, client_id: str) -> Entry:
        """Raises NotFound, BrokerElsewhere."""
        entry = self._broker().roster.entry(client_id)
        if entry is None:
            raise NotFound(f"The broker has no client {client_id!r}. `fleetctl broker clients` shows those it has.")
        return entry

    async def disconnect(self, client_id: str, by: str) -> None:
        """Ends a client's connection; nothing keeps it from coming back. Raises NotFound, Conflict (it is away),
        BrokerElsewhere.
        """
        if self.get(client_id).link is None:
            raise Conflict(f"Client {client_id!r} is not connected now; only its session is kept.")
        entry = AuditEntry(at=self._clock(), by=by, action="client.disconnect", target=client_id)
        await self._store.write(Write(audit=[entry]))
        self._broker().disconnect(client_id, f"disconnected by {by}")

    async def _above(
        self, broker: Broker, slices: Slices, after: str, count: int, state: ClientState | None
    ) -> Sequence[str]:
        """The first `count` client ids above `after`, by id."""
        ids = iter(broker.roster.client_ids())
        first: list[str] = []
        while chunk := list(islice(ids, _CHUNK)):
            await slices.breathe()
            fitting = (i for i in chunk if i > after and (state is None or (i in broker.clients) is _is_in(state)))
            first = sorted([*first, *fitting])[:count]
        return first

    def _broker(self) -> Broker:
        if not isinstance(self._mqtt, EmbeddedMqtt):
            raise BrokerElsewhere("The broker is not part of this server: ask that broker for its clients.")
        if self._mqtt.broker is None:
            raise BrokerUnavailable("The broker does not listen.")
        return self._mqtt.broker


def state_of(entry: Entry) -> ClientState:
    return ClientState.AWAY if entry.link is None else ClientState.CONNECTED


def _is_in(state: ClientState) -> bool:
    """Whether clients of a state are among the connected ones."""
    return state is ClientState.CONNECTED
