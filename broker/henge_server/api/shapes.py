"""The shapes of requests and answers, as OpenAPI shows them, and how they are made of the server's records."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, StringConstraints

from henge_server.configs import Config
from henge_server.devices import Handover
from henge_server.documents import OWN_LAYER, all_shown, parsed, values_of
from henge_server.models import Outcome, Revision, Schema
from henge_server.moments import rfc3339
from henge_server.presence import Presence
from henge_server.resolve import resolve
from henge_server.schemas import Applied

Given = StrictBool | StrictInt | StrictFloat | StrictStr
Label = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9_./-]{0,61}[a-zA-Z0-9])?$")]
Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeviceIn(In):
    """A device to register."""

    id: str = Field(description="Lower-case letters, digits, hyphens; at most 63", examples=["porch"], max_length=100)
    schema_name: str | None = Field(default=None, alias="schema", max_length=100, examples=["lamp"])
    name: Name = ""
    labels: dict[Label, Label] = {}


class DevicePatch(In):
    """What to change; what is left out stays. A label of null is removed; `schema` moves the device to that schema's
    newest version.
    """

    name: Name | None = None
    labels: dict[Label, Label | None] | None = None
    schema_name: str | None = Field(default=None, alias="schema", max_length=100)


class RotationIn(In):
    """What the new credential is for."""

    replace: StrictBool = Field(default=False, description="For another board, in place of this one")


class RollbackIn(In):
    rev: int = Field(ge=1, lt=1 << 63, description="The revision whose values to take")


class SchemaIn(In):
    """A schema as its YAML file has it."""

    name: str | None = Field(default=None, description="If it is there it is the name in the path", max_length=100)
    settings: dict[str, Any] = Field(
        examples=[{"led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"}}]
    )


class SchemaRef(BaseModel):
    name: str
    version: int


class SchemaOut(SchemaRef):
    settings: dict[str, dict[str, Any]]
    digest: str
    at: str
    by: str


class AppliedOut(SchemaOut):
    devices: int = Field(description="How many devices were taken along, each in a new revision; 0: nothing changed")


class DeviceOut(BaseModel):
    id: str
    name: str
    labels: dict[str, str]
    schema_ref: SchemaRef | None = Field(serialization_alias="schema")
    status: str = Field(description="online, offline or sleeping")
    sync: str = Field(description="in_step, pending, trial, rejected, rolled_back, drifted or ahead")
    desired_rev: int
    reported_rev: int | None
    uid: str = Field(description="The hardware's own id, hexadecimal")
    board: str
    agent: str
    runtime: str
    caps: str = Field(description="The digest of what its firmware announces, hexadecimal; empty: nothing")
    reset: str = Field(description="Why it started last")
    free: int | None = Field(description="Bytes of free memory, as of its last hello")
    rssi: int | None = Field(description="Strength of its radio signal in dBm, as of its last hello")
    found: str = Field(description="What the check of its flash found damaged when it started; empty: nothing")
    safe: bool = Field(description="It runs without its drivers, after crashes")
    last_heard_at: str | None
    created_at: str
    credential_pending: bool = Field(description="Rotated, and the new credential was not used yet")
    replacing: bool = Field(description="That credential is for another board, which takes the place of this one")


class CredentialOut(BaseModel):
    username: str
    password: str
    config_key: str = Field(description="Hexadecimal; the device checks signatures with it")


class HandoverOut(BaseModel):
    """The credential is shown this once."""

    device: DeviceOut
    credential: CredentialOut


class DesiredOut(BaseModel):
    rev: int
    values: dict[str, Given]
    origin: dict[str, str] = Field(description="Where each value comes from: device or default")
    digest: str


class ReportedOut(BaseModel):
    rev: int
    state: str
    digest: str
    errors: dict[str, list[str]]
    at: str


class UnsupportedOut(BaseModel):
    """A setting that the board's firmware cannot be told, and so is not sent."""

    key: str
    code: str = Field(description="unknown_key, or which of the firmware's limits the value breaks")
    message: str


class ConfigOut(BaseModel):
    """What a device should be, and what it says it is."""

    device: str
    schema_ref: SchemaRef | None = Field(serialization_alias="schema")
    settings: dict[str, dict[str, Any]]
    desired: DesiredOut
    reported: ReportedOut | None
    sync: str
    unsupported: list[UnsupportedOut] = Field(description="What the board's firmware cannot be told, and is not sent")


class OutcomeOut(BaseModel):
    """What became of this write."""

    rev: int
    state: str = Field(description="applied, confirmed, rejected, rolled_back, superseded, trial or pending")
    errors: dict[str, list[str]]
    waited_ms: float
    changed: bool = Field(description="Whether the write made a revision")


class WrittenOut(ConfigOut):
    outcome: OutcomeOut


class RevisionOut(BaseModel):
    rev: int
    at: str
    by: str
    why: str
    schema_ref: SchemaRef | None = Field(serialization_alias="schema")
    state: str | None
    errors: dict[str, list[str]] = Field(description="Why it was refused or taken back: key to code and text")
    digest: str


class RevisionValuesOut(RevisionOut):
    values: dict[str, Given]
    origin: dict[str, str]


class Difference(BaseModel):
    """One value that differs; null where there is none."""

    model_config = ConfigDict(populate_by_name=True)

    key: str
    before: Given | None = Field(serialization_alias="from")
    after: Given | None = Field(serialization_alias="to")


class DiffOut(BaseModel):
    device: str
    rev: int
    against: int
    changes: list[Difference]


def device_out(config: Config, presence: Presence) -> DeviceOut:
    device, observed = config.device, config.observed
    seen = presence.last_seen(device.id) or (observed.at if observed else None)
    return DeviceOut(
        id=device.id,
        name=device.name,
        labels=device.labels,
        schema_ref=schema_ref(config.desired),
        status=presence.status(device.id),
        sync=config.sync,
        desired_rev=config.desired.rev,
        reported_rev=observed.rev if observed else None,
        uid=observed.uid.hex() if observed else "",
        board=observed.board if observed else "",
        agent=observed.agent if observed else "",
        runtime=observed.runtime if observed else "",
        caps=observed.caps.hex() if observed else "",
        reset=observed.reset if observed else "",
        free=observed.free if observed else None,
        rssi=observed.rssi if observed else None,
        found=observed.found if observed else "",
        safe=observed is not None and observed.safe,
        last_heard_at=rfc3339(seen) if seen else None,
        created_at=rfc3339(device.created_at),
        credential_pending=device.next_credential is not None,
        replacing=device.next_credential is not None and device.next_credential.replaces,
    )


def handover_out(handover: Handover, config: Config, presence: Presence) -> HandoverOut:
    credential = CredentialOut(
        username=handover.device.id, password=handover.password, config_key=handover.config_key.hex()
    )
    return HandoverOut(device=device_out(config, presence), credential=credential)


def config_out(config: Config) -> ConfigOut:
    return ConfigOut(**_config_fields(config))


def written_out(config: Config, outcome: OutcomeOut) -> WrittenOut:
    return WrittenOut(**_config_fields(config), outcome=outcome)


def _config_fields(config: Config) -> dict[str, Any]:
    desired = config.desired
    return {
        "device": config.device.id,
        "schema_ref": schema_ref(desired),
        "settings": config.schema.settings if config.schema else {},
        "desired": DesiredOut(
            rev=desired.rev,
            values=all_shown(values_of(desired)),
            origin=origin_of(desired, config.schema),
            digest=desired.digest.hex(),
        ),
        "reported": reported_out(config.last) if config.last else None,
        "sync": config.sync,
        "unsupported": [
            UnsupportedOut(key=key, code=code, message=text) for key, (code, text) in sorted(desired.left_out.items())
        ],
    }


def reported_out(outcome: Outcome) -> ReportedOut:
    return ReportedOut(
        rev=outcome.rev,
        state=outcome.state,
        digest=outcome.digest.hex(),
        errors=outcome.errors,
        at=rfc3339(outcome.at),
    )


def revision_out(revision: Revision, outcome: Outcome | None) -> RevisionOut:
    return RevisionOut(**_revision_fields(revision, outcome))


def revision_values_out(revision: Revision, outcome: Outcome | None, schema: Schema | None) -> RevisionValuesOut:
    return RevisionValuesOut(
        **_revision_fields(revision, outcome),
        values=all_shown(values_of(revision)),
        origin=origin_of(revision, schema),
    )


def _revision_fields(revision: Revision, outcome: Outcome | None) -> dict[str, Any]:
    outcome = outcome if outcome and outcome.epoch == revision.epoch else None
    return {
        "rev": revision.rev,
        "at": rfc3339(revision.at),
        "by": revision.by,
        "why": revision.why,
        "schema_ref": schema_ref(revision),
        "state": outcome.state if outcome else None,
        "errors": outcome.errors if outcome else {},
        "digest": revision.digest.hex(),
    }


def schema_ref(revision: Revision) -> SchemaRef | None:
    return SchemaRef(name=revision.schema_name, version=revision.schema_version) if revision.schema_name else None


def schema_out(schema: Schema) -> SchemaOut:
    return SchemaOut(
        name=schema.name,
        version=schema.version,
        settings=schema.settings,
        digest=schema.digest.hex(),
        at=rfc3339(schema.at),
        by=schema.by,
    )


def applied_out(applied: Applied) -> AppliedOut:
    return AppliedOut(**schema_out(applied.schema).model_dump(), devices=applied.devices)


def origin_of(revision: Revision, schema: Schema | None) -> dict[str, str]:
    """Where each value of a revision came from."""
    _, origin = resolve(parsed(schema), [(OWN_LAYER, revision.layer)])
    return {key: layer for key, layer in sorted(origin.items()) if key not in revision.left_out}
