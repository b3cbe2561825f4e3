"""`fleetctl broker export`: files for another broker than the server's own. Asks no server, and keeps what is there."""

import json
import secrets
import ssl
from pathlib import Path
from typing import Annotated

import typer

from fleetctl import credential, mosquitto
from fleetctl.errors import Failed, Usage
from fleetctl.session import Session, command

app = typer.Typer(help="Write the configuration of another broker.", no_args_is_help=True)

_CONFIGURATION, _LOCAL = "mosquitto.conf", "127.0.0.1:1883"
_FOLDER_MODE, _SECRET_MODE = 0o700, 0o600
_PASSWORDS, _SERVER_PASSWORD = "passwords", "henge-server-password"
_DEFAULT = Path("henge-mosquitto")


@command(app, "mosquitto")
def export_mosquitto(
    session: Session,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the files.")] = _DEFAULT,
    given: Annotated[
        list[Path] | None,
        typer.Option(
            "--credential",
            metavar="FILE",
            help="Let this device in, as `device add --out` wrote it. Several are taken.",
        ),
    ] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where mosquitto listens; 127.0.0.1:1883 unless told.")
    ] = None,
    cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Listen with TLS, and this certificate.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate's key.")] = None,
) -> None:
    """Write all that mosquitto 2 needs: configuration, access rules, passwords.

    Again with --credential, it adds devices or gives them another password. Files that are there stay as they are.
    """
    listener = _listener(listen or _LOCAL, cert, key)
    passwords = dict(credential.read(path) for path in given or ())
    folder = out.absolute()
    if (listen or cert) and (folder / _CONFIGURATION).exists():
        raise Usage(
            f"{folder / _CONFIGURATION} is there, and --listen, --cert and --key go into a new one only. "
            "Choose another folder with --out, or remove that file first."
        )
    try:
        written = _write(folder, listener, passwords)
    except OSError as error:
        raise Failed(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    answer = {"folder": str(folder), "written": written, "user": mosquitto.USER, "devices": sorted(passwords)}
    session.output.item(answer, str(folder), lambda: _tell(session, folder, listener, written, sorted(passwords)))


def _write(folder: Path, listener: mosquitto.Listener, passwords: dict[str, str]) -> list[str]:
    """Names of the files that were written. Raises OSError."""
    folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
    (folder / "data").mkdir(_FOLDER_MODE, exist_ok=True)
    written = []
    for name, text in ((_CONFIGURATION, mosquitto.configuration(folder, listener)), ("acl", mosquitto.rules())):
        if not (folder / name).exists():
            credential.write_private(folder / name, text, _SECRET_MODE)
            written.append(name)
    server = folder / _SERVER_PASSWORD
    if not server.exists():
        credential.write_private(server, secrets.token_urlsafe(32) + "\n", _SECRET_MODE)
        written.append(_SERVER_PASSWORD)
    before = (folder / _PASSWORDS).read_text() if (folder / _PASSWORDS).exists() else ""
    if _SERVER_PASSWORD in written or not before:
        passwords = {mosquitto.USER: server.read_text().strip()} | passwords
    if passwords:
        text = mosquitto.with_passwords(before, passwords, mosquitto.new_salts())
        credential.write_private(folder / _PASSWORDS, text, _SECRET_MODE)
        written.append(_PASSWORDS)
    return written


def _listener(listen: str, cert: Path | None, key: Path | None) -> mosquitto.Listener:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise Usage(f"--listen {listen}: expected HOST:PORT, like 127.0.0.1:1883.")
    if (cert is None) != (key is None):
        raise Usage("--cert and --key go together.")
    for path in (cert, key):
        if path and not path.is_file():
            raise Usage(f"There is no file {path}.")
    if cert and key:
        _check_pair(cert, key)
    paths = (cert.absolute(), key.absolute()) if cert and key else ()
    return mosquitto.Listener(host.removeprefix("[").removesuffix("]"), int(port), *paths)


def _check_pair(cert: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise Usage(f"{cert} and {key} are no certificate and its key: {reason}. mosquitto wants PEM files.") from error


def _tell(session: Session, folder: Path, listener: mosquitto.Listener, written: list[str], devices: list[str]) -> None:
    say = session.output.say
    say(f"written into {folder}: {', '.join(written) or 'nothing, all of it was there'}")
    if devices:
        say(f"let in: {', '.join(devices)}")
    if _CONFIGURATION not in written:
        say("A mosquitto that runs takes the passwords with SIGHUP: systemctl reload mosquitto")
        return
    scheme = "mqtts" if listener.cert else "mqtt"
    host = "HOST" if listener.host in ("0.0.0.0", "::") else listener.host
    say(f"\nstart mosquitto:  mosquitto -c {folder}/mosquitto.conf")
    say("henge.toml of the server:")
    say(f'  broker = "{scheme}://{host}:{listener.port}"')
    say(f'  broker_user = "{mosquitto.USER}"')
    say(f"  broker_password_file = {json.dumps(str(folder / _SERVER_PASSWORD))}")
    if listener.cert:
        say('  broker_ca_file = "FILE"  # the CA of that certificate; not needed for one that the system knows')
