"""The whole of the settings, where they are read from, and what the core is told of them."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, cast
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from hermes_sync.core.objects import Admin
from hermes_sync.core.policy import Policy, Start
from hermes_sync.core.records import RemoteKind
from hermes_sync.core.safety import Limits
from hermes_sync.ports import ConfigError
from hermes_sync.settings import explain
from hermes_sync.settings.sections import (
    AdminEntry,
    Callbooker,
    Database,
    Listener,
    Pipedrive,
    Pipelines,
    Rules,
    Safety,
    Schedule,
    Tc2,
    unlike_each_other,
)

CONFIG_VARIABLE: Final = "HERMES_CONFIG"
DEFAULT_PATH: Final = Path("config.toml")


class _Environment(EnvSettingsSource):
    """HERMES_<SECTION>__<KEY>; numbers and booleans are read as TOML would, because TOML is strict about them."""

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = super().__call__()
        return cast("dict[str, Any]", _typed(found, self.settings_cls))


def _typed(value: object, model: type[BaseModel]) -> object:
    if not isinstance(value, dict):
        return value
    return {name: _typed_field(one, name, model) for name, one in value.items()}


def _typed_field(value: object, name: str, model: type[BaseModel]) -> object:
    field = model.model_fields.get(name)
    if field is None:
        return value
    section = explain.section_of(field.annotation)
    if section is not None:
        return _typed(value, section)
    # What is no such number or boolean stays a text, and is then refused with a message of its own.
    if isinstance(value, str) and explain.is_bare(field.annotation):
        try:
            return tomllib.loads(f"it = {value}")["it"]
        except tomllib.TOMLDecodeError:
            return value
    return value


class Settings(BaseSettings):
    """Everything that the config decides; frozen for the life of a command."""

    model_config = SettingsConfigDict(
        env_prefix=explain.PREFIX,
        env_nested_delimiter=explain.DELIMITER,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    database: Database = Database()
    pipedrive: Pipedrive
    tc2: Tc2 = Tc2()
    pipelines: Pipelines = Pipelines()
    safety: Safety = Safety()
    rules: Rules = Rules()
    schedule: Schedule = Schedule()
    listener: Listener = Listener()
    callbooker: Callbooker = Callbooker()
    admins: Annotated[tuple[AdminEntry, ...], AfterValidator(unlike_each_other)] = Field(default=())

    _file: Path = PrivateAttr(default=DEFAULT_PATH)
    _variables: frozenset[str] = PrivateAttr(default=frozenset())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic-settings names them all
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        return _Environment(settings_cls), init_settings

    def policy(self) -> Policy:
        """Return what the core and the rules read."""
        fields = self.field_keys()
        return Policy(
            admins=tuple(_admin(entry) for entry in self.admins),
            org_fields=frozenset(fields[RemoteKind.ORGANIZATION]),
            person_fields=frozenset(fields[RemoteKind.PERSON]),
            deal_fields=frozenset(fields[RemoteKind.DEAL]),
            client_attrs=frozenset(self.attribute_names()),
            pipedrive_base_url=self.pipedrive.base_url,
            tc2_base_url=self.tc2.base_url,
            recreate_deleted=self.rules.recreate_deleted,
            starts={plan: Start(**start) for plan, start in self.pipelines.model_dump().items() if start},
        )

    def limits(self) -> Limits:
        """Return the safety limits."""
        return Limits(**self.safety.model_dump())

    def field_keys(self) -> dict[RemoteKind, dict[str, str]]:
        """Return Hermes name → key of the custom field, by kind."""
        fields = self.pipedrive.fields
        return {
            RemoteKind.ORGANIZATION: fields.organization.named(),
            RemoteKind.PERSON: fields.person.named(),
            RemoteKind.DEAL: fields.deal.named(),
        }

    def attribute_names(self) -> dict[str, str]:
        """Return Hermes name → machine name of the extra attribute in TC2."""
        return self.tc2.extra_attrs.named()

    def pipedrive_token(self) -> str:
        """Return the token of the Pipedrive account; raise `ConfigError` while there is none."""
        return self._given(self.pipedrive.api_token, "pipedrive.api_token", "the API token of the account")

    def tc2_key(self) -> str:
        """Return the key of the TC2 branch; raise `ConfigError` while there is none."""
        return self._given(self.tc2.api_key, "tc2.api_key", "the API key of the branch")

    def origin_of(self, key: str) -> str:
        """Return where a dotted key was given: a variable of the environment, else the file."""
        variable = explain.variable_of(key)
        return f"the environment as {variable}" if variable in self._variables else str(self._file)

    def secrets(self) -> tuple[str, ...]:
        """Return every text that must not appear in output, logs, journal or error messages."""
        kept = (
            self.pipedrive.api_token,
            self.tc2.api_key,
            self.listener.pipedrive_password,
            self.listener.status_password,
            self.callbooker.signing_key,
        )
        password = explain.password_in(self.database.url)
        texts = (*(one.get_secret_value() for one in kept), password, unquote(password))
        return tuple(dict.fromkeys(text for text in texts if text))

    def _given(self, secret: SecretStr, key: str, what: str) -> str:
        if not secret.get_secret_value().strip():
            raise ConfigError(
                f"{self._file}: {key} is missing; it is {what}: "
                f"give it there or in the environment as {explain.variable_of(key)}"
            )
        return secret.get_secret_value()


def _admin(entry: AdminEntry) -> Admin:
    return Admin(
        id=entry.id,
        first_name=entry.first_name,
        last_name=entry.last_name,
        email=entry.email,
        timezone=entry.timezone,
        tc2_admin_id=entry.tc2_admin_id,
        pd_owner_id=entry.pd_owner_id,
        is_sales_person=entry.is_sales_person,
        is_support_person=entry.is_support_person,
        is_bdr_person=entry.is_bdr_person,
        sells=tuple(entry.sells),
        regions=tuple(entry.regions),
    )


class _OfTheFileAlone(Settings):
    """The settings that a file gives, whatever the environment says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic-settings names them all
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the file and nothing else."""
        return (init_settings,)


def load_settings(path: Path | None = None, *, environment: bool = True) -> Settings:
    """Return the settings of this file, else of `$HERMES_CONFIG`, else of `./config.toml`, under the environment.

    Without `environment` the file alone decides. Raises `ConfigError` with one message that names file, key and
    remedy.
    """
    file = path or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_PATH)
    content = _read(file)
    variables = os.environ if environment else {}
    explain.raise_for_unknown_variables(variables, Settings)
    explain.raise_for_unreadable_variables(variables, Settings)
    try:
        settings = Settings(**content) if environment else _OfTheFileAlone(**content)
    except ValidationError as error:
        # Not chained: pydantic's own message would name the same things less well.
        raise ConfigError(explain.message(error, file, content, Settings, variables)) from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}; write it as JSON, or give the key in {file}") from None
    settings._file = file  # noqa: SLF001  # our own, and only here
    settings._variables = frozenset(name.upper() for name in variables)  # noqa: SLF001  # as above
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode())
    except FileNotFoundError:
        raise ConfigError(
            f"{file} is missing; run `hermes-sync init`, which makes one for two real accounts, or try "
            "`hermes-sync sandbox`, which needs no account and prints a config to use; "
            f"--config PATH or ${CONFIG_VARIABLE} name another place"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; check the path and its rights") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}; texts stand in quotes, sections in [brackets]") from None
