"""What a broker still has when everybody has gone: by its public counters, by all tasks and objects that there are."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from henge_mqtt import Broker

GAUGES = ("connections", "handshakes", "sessions", "subscriptions", "retained", "session_bytes", "buffered_bytes")
COUNTED = ("Connection", "Session", "Inbox", "Message", "Received", "_Level")
"""The broker's classes with an object per client, message or subscription."""

NOT_OURS = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType, FrameType)


def leftovers(broker: Broker, before: Counter[str]) -> list[str]:
    """What is left, in words; `before`: `objects()` from when there was no client yet."""
    found = [f"stats.{name} is {value}" for name in GAUGES if (value := getattr(broker.stats, name))]
    found += [f"clients: {name}" for name in broker.clients]
    found += [f"task {task.get_name()}" for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    found += [f"{count} objects of class {name} more" for name, count in (objects() - before).items()]
    return found


def objects() -> Counter[str]:
    """How many objects there are of each class that is made per client, message or subscription."""
    gc.collect()
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(k.__name__ for k in kinds if str(k.__module__).startswith("henge_mqtt.") and k.__name__ in COUNTED)


def footprint(broker: Broker) -> int:
    """Bytes of everything that the broker holds, its hooks and the event loop left out."""
    seen: set[int] = {id(broker.hooks)}
    waiting: list[Any] = [broker]
    size = 0
    while waiting:
        thing = waiting.pop()
        if (
            id(thing) in seen
            or isinstance(thing, NOT_OURS)
            or str(type(thing).__module__).startswith(("asyncio", "uvloop"))
        ):
            continue
        seen.add(id(thing))
        size += sys.getsizeof(thing)
        waiting.extend(gc.get_referents(thing))
    return size
