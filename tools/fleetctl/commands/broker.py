"""`fleetctl broker`: what concerns the MQTT broker, the server's own or another one."""

import typer

from fleetctl.commands import broker_clients, broker_export

app = typer.Typer(help="The MQTT broker, the server's own or another one.", no_args_is_help=True)
broker_clients.register(app)
app.add_typer(broker_export.app, name="export")
