"""The URL of an outside broker: `mqtt://HOST[:PORT]`, or `mqtts://` with TLS. Nothing else may stand in it."""

from urllib.parse import urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}

_NO_PATH = (("", "", ""), ("/", "", ""))  # path, query and fragment


def check(url: str) -> None:
    """Raises ValueError with what to write instead; not with the URL, in which a password may stand."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError(
            "no user name and password in the URL, which is shown and logged: the name belongs into broker_user, the "
            "password into a file that broker_password_file names"
        )
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or parts[2:] not in _NO_PATH:
        raise ValueError("expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT], for example mqtts://broker.example:8883")
