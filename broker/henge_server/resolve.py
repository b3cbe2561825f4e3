"""Resolving: layers of values to the one document of a device, and where each value came from. Pure.

The order of the layers is the order of their weight, the strongest first. What no layer says, the schema's default
says.
"""

from collections.abc import Sequence

from henge_protocol.schema import Setting

from henge_server.models import Values

DEFAULT = "default"


def resolve(settings: dict[str, Setting], layers: Sequence[tuple[str, Values]]) -> tuple[Values, dict[str, str]]:
    """The values that hold, and `{key: layer name}` for each; a key without a value anywhere is in neither."""
    values: Values = {}
    origin: dict[str, str] = {}
    for key, setting in settings.items():
        for name, layer in layers:
            if key in layer:
                values[key], origin[key] = layer[key], name
                break
        else:
            if setting.default is not None:
                values[key], origin[key] = setting.default, DEFAULT
    return values, origin
