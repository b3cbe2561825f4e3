"""Answered: what came of a command to a device, in one sentence, and whether it counts as done. Pure."""

from typing import Any

from fleetctl.errors import NotTaken, Partly

Json = dict[str, Any]

_DONE = {
    "identify": "{} is showing itself",
    "reboot": "{} restarts",
    "describe": "{} has announced what its firmware can be told",
    "read": "{} has answered",
}


def sentence(command: Json, status: str) -> str:
    """What to say of a command as the API gives it, to a device that is online, offline or sleeping.

    Raises NotTaken where the device could not do it or did not answer in time, Partly where that is still open.
    """
    device, name, state = command["device"], command["name"], command["state"]
    if state == "done":
        return _DONE[name].format(device)
    if state == "failed":
        why = command["result"] if isinstance(command["result"], str) else "it does not say why"
        raise NotTaken(f"{device} did not {name}: {why}.")
    if state == "expired":
        raise NotTaken(f"{device} did not {name}: {_unanswered(command)}. `fleetctl device show {device}` says more.")
    if state == "sent":
        raise Partly(f"{device} was told to {name} and has not answered yet. {_later(device)}")
    kept = f"{name} is kept, and sent if it connects within {_ttl(command):g} s"
    raise Partly(f"{device} is {_away(status)}: {kept}. {_later(device)}")


def _unanswered(command: Json) -> str:
    within = f"within {_ttl(command):g} s"
    return f"it gave no answer {within}" if command["sent_at"] else f"it did not connect {within}"


def _away(status: str) -> str:
    return "not connected" if status != "sleeping" else "asleep"


def _later(device: str) -> str:
    return f"`fleetctl device commands {device}` shows what comes of it."


def _ttl(command: Json) -> float:
    """Seconds from its making to its end."""
    from datetime import datetime

    made, over = (datetime.fromisoformat(command[name]) for name in ("at", "expires_at"))
    return round((over - made).total_seconds())
