"""Provision: what a board was set up with, from the file that `fleetctl flash` wrote onto it. Pure.

It is what a board begins with; settings that the server sends may say otherwise.
"""

import json

from henge_agent import address_text, credential_file
from henge_agent.compat import explain

PATH = "/henge.json"


class Provision:
    """`credential` is who the board is, `address` where its server is, `networks` the Wi-Fis it may join, as (ssid,
    password) each; `country` two letters, or none; `ntp` a host to ask for the time, or none.
    """

    def __init__(self, found: dict) -> None:
        self.credential = credential_file.parse(json.dumps(found["credential"]))
        self.address = address_text.parse(found["server"], bool(self.credential.authorities))
        self.networks = [(network["ssid"], network.get("password", "")) for network in found.get("networks", ())]
        self.country: str = found.get("country", "")
        self.ntp: str = found.get("ntp", "")


class BadProvision(ValueError):
    """The file is none that `fleetctl flash` wrote."""


def load(path: str = PATH) -> Provision:
    """What the file holds. Raises BadProvision."""
    try:
        with open(path) as file:
            return parse(file.read())
    except OSError:
        raise BadProvision("there is no {}: `fleetctl flash DEVICE` writes it".format(path))


def parse(text: str) -> Provision:
    """Raises BadProvision."""
    try:
        return Provision(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadProvision("{} cannot be used: {}; `fleetctl flash DEVICE` writes it anew".format(PATH, explain(error)))
