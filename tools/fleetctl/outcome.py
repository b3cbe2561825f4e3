"""Outcome: what became of a write, in one sentence, and whether it counts as done. Pure."""

from typing import Any

from fleetctl.errors import NotTaken, Partly, Problem

Json = dict[str, Any]

_TAKEN = ("applied", "confirmed")
_REFUSED = {
    "rejected": "refused revision {rev} and goes on with what it had:",
    "rolled_back": "took revision {rev} back after its trial and goes on with the one before:",
}


def sentence(answer: Json, wait_s: float) -> str:
    """What to say of an answer to a config write that was held for up to `wait_s` seconds (0: not at all).

    Raises NotTaken where the board said no, Partly where it was waited for and has not decided.
    """
    device, outcome = answer["device"], answer["outcome"]
    rev, state = outcome["rev"], outcome["state"]
    if state in _REFUSED:
        problems = _problems(outcome["errors"])
        raise NotTaken(f"{device} {_REFUSED[state].format(rev=rev)}", problems, instead(device, rev, problems))
    if not outcome["changed"] and (state in _TAKEN or not wait_s):
        return f"nothing to change: {device} is at revision {rev} already ({state})"
    if state == "superseded":
        raise Partly(f"Revision {rev} is stored, and a newer one took its place before {device} had it.")
    if state in _TAKEN:
        return f"{state} in {max(1, round(outcome['waited_ms']))} ms (revision {rev})" if wait_s else f"{state} ({rev})"
    if not wait_s:
        return f"stored as revision {rev} ({state}); --wait 5s waits for {device} to take it"
    if state == "trial":
        raise Partly(
            f"Revision {rev} is stored; {device} still has it on trial after {wait_s:g} s. It confirms it or takes it "
            f"back by itself within two minutes; `fleetctl watch {device}` shows which."
        )
    raise Partly(
        f"Revision {rev} is stored; {device} has not answered after {wait_s:g} s. It takes the newest one whenever it "
        f"connects.\n`fleetctl watch {device}` shows it when it does, `fleetctl device show {device}` when it was last "
        f"heard."
    )


def held(answer: Json, device: Json, wait_s: float) -> str:
    """What to say instead of an answer about a device (as the API gives it) that is ahead. Raises Partly where it was
    to be waited for.
    """
    text = f"Revision {answer['outcome']['rev']} is stored, and held. {ahead(device)}"
    if wait_s:
        raise Partly(text)
    return text


def ahead(device: Json) -> str:
    """Why nothing is sent to a device that is ahead, and what to do about it."""
    name, schema = device["id"], device["schema"]
    add = f"fleetctl device add {name}" + (f" --schema {schema['name']}" if schema else "") + " --out FILE"
    return (
        f"{name} is ahead: it runs a revision {device['reported_rev']} that this server did not make; the newest "
        f"here is {device['desired_rev']}. Nothing is sent to it, for this server's store may be an old copy, or the "
        f"board another server's.\nIf this server is the right one, remove the device and add it anew: "
        f"`fleetctl device remove {name}`, then `{add}`."
    )


def reasons(errors: dict[str, list[str]]) -> str:
    """What was wrong with a revision, in one line."""
    return "; ".join(str(problem) for problem in _problems(errors))


def instead(device: str, rev: int, problems: list[Problem]) -> str:
    """What to do about a revision that a board refused or took back."""
    if any(problem.code == "not_confirmed" for problem in problems):
        return (
            "It is not sent again, but whatever is set next tries the same values with it: set others, or go back with "
            f"`fleetctl config rollback {device} REV` (`fleetctl config history {device}` lists them). Once what was "
            f"in the way is mended, `fleetctl config rollback {device} {rev}` tries them again."
        )
    unset = " ".join(problem.key for problem in problems if problem.key)
    inherited = f", take it back to what it inherits (`fleetctl config unset {device} {unset}`)," if unset else ""
    return (
        f"Set another value{inherited} or go back to an older revision: `fleetctl config history {device}` lists them, "
        f"`fleetctl config rollback {device} REV` goes back."
    )


def _problems(errors: dict[str, list[str]]) -> list[Problem]:
    return [Problem(key, code, text) for key, (code, text) in sorted(errors.items())]
