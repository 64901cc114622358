"""What describes a Pipedrive account: its users, fields, pipelines, stages and webhooks, as its rows say (facts 6, 7).

Only `onboarding` reads these. Everything but the ids may be missing; a row without an id is passed over.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hermes_sync.remotes.stamps import utc_text


def _or_nothing(value: object) -> object:
    return (value.strip() or None) if isinstance(value, str) else value


def _stamp(value: object) -> str | None:
    """Return a time as RFC 3339 in UTC; None for one that is none, because nothing hangs on it."""
    try:
        return utc_text(value) if isinstance(value, str) else None
    except ValueError:
        return None


Text = Annotated[str | None, BeforeValidator(_or_nothing)]
Truth = Annotated[bool, BeforeValidator(bool)]
Stamp = Annotated[str | None, BeforeValidator(_stamp)]


class _Row(BaseModel):
    """A row of which only some keys are read."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class User(_Row):
    """A user of the account; `timezone` is an IANA name."""

    id: int
    name: Text = None
    email: Text = None
    is_active: Truth = Field(default=True, validation_alias="active_flag")
    is_admin: Truth = False
    timezone: Text = Field(default=None, validation_alias="timezone_name")


class CustomField(_Row):
    """A custom field of the account; its names are not unique, its key is."""

    key: str = Field(validation_alias="field_code", min_length=1)
    name: str = Field(default="", validation_alias="field_name")
    type: str = Field(default="", validation_alias="field_type")
    is_custom: Truth = Field(default=False, validation_alias="is_custom_field")


class Pipeline(_Row):
    """A pipeline; people see them by `order`."""

    id: int
    name: str = ""
    order: int = Field(default=0, validation_alias="order_nr")


class Stage(_Row):
    """A stage; people see those of a pipeline by `order`."""

    id: int
    name: str = ""
    pipeline_id: int | None = None
    order: int = Field(default=0, validation_alias="order_nr")


class Webhook(_Row):
    """A webhook that is registered; times are RFC 3339 in UTC.

    `url` may hold somebody else's secret, and `password` is one: neither is shown as it is.
    """

    id: int
    url: str = Field(default="", validation_alias="subscription_url", repr=False)
    action: str = Field(default="", validation_alias="event_action")
    object: str = Field(default="", validation_alias="event_object")
    version: Text = None
    name: Text = None
    user_id: int | None = None
    is_active: Truth = True
    removed: Stamp = Field(default=None, validation_alias="remove_time")
    removed_because: Text = Field(default=None, validation_alias="remove_reason")
    last_delivery: Stamp = Field(default=None, validation_alias="last_delivery_time")
    last_status: int | None = Field(default=None, validation_alias="last_http_status")
    user: Text = Field(default=None, validation_alias="http_auth_user")
    password: Text = Field(default=None, validation_alias="http_auth_password", repr=False)

    @property
    def is_dead(self) -> bool:
        """Whether Pipedrive switched it off, as it does after 3 days without a success (facts 6)."""
        return not self.is_active or self.removed is not None


AnyRow = TypeVar("AnyRow", bound=_Row)


def row(kind: type[AnyRow], said: Any) -> AnyRow | None:  # noqa: ANN401  # JSON as it came
    """Return what a row says; None for one that is too odd to mean anything."""
    try:
        return kind.model_validate(said)
    except ValidationError:
        return None


def rows(kind: type[AnyRow], said: object) -> list[AnyRow]:
    """Return what the rows of a list say, without those that are too odd."""
    found = [row(kind, one) for one in said] if isinstance(said, list) else []
    return [one for one in found if one is not None]
