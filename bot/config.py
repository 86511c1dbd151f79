"""Settings: environment variables (or `.env`), read once into one frozen object."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that says what to set."""


class CannotStart(Exception):
    """Something that the start needs is not there; the message is one line that says what to do."""


class Settings(BaseSettings):
    """Everything that an operator can set. Each name carries the prefix `PENDAMPING_`."""

    model_config = SettingsConfigDict(
        env_prefix="PENDAMPING_", env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = ROOT / "var"
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str = ""
    agency: str = "Pendamping (demo)"
    production: bool = False
    duties_file: Path | None = None

    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str = ""
    telegram_webhook_secret: SecretStr | None = None

    oncall_telegram_chat: str = Field(default="", pattern=r"^(-?\d{1,20}|@\w{5,64})?$")
    oncall_webhook_url: SecretStr | None = None
    oncall_again_minutes: int = Field(default=5, ge=1, le=60)

    rasa_url: str = ""
    rasa_secret: SecretStr | None = None
    actions_url: str = ""
    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    destroyed_keys_file: Path | None = None
    audit_anchor_file: Path | None = None

    runners: int = Field(default=8, ge=0, le=64)
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _webhook_needs_a_secret(self) -> Settings:
        if self.telegram_webhook_url and not self.telegram_webhook_secret:
            raise ValueError("PENDAMPING_TELEGRAM_WEBHOOK_SECRET must be set when PENDAMPING_TELEGRAM_WEBHOOK_URL is")
        if self.telegram_webhook_url and not self.telegram_webhook_url.startswith("https://"):
            raise ValueError("PENDAMPING_TELEGRAM_WEBHOOK_URL must start with https://")
        return self

    @model_validator(mode="after")
    def _oncall_needs_a_way(self) -> Settings:
        if self.oncall_telegram_chat and not self.telegram_token:
            raise ValueError("PENDAMPING_TELEGRAM_TOKEN must be set when PENDAMPING_ONCALL_TELEGRAM_CHAT is")
        url = self.oncall_webhook_url.get_secret_value() if self.oncall_webhook_url else "https://"
        if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("PENDAMPING_ONCALL_WEBHOOK_URL must start with https:// (or be on this machine)")
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL: what was set, else the SQLite file under `data_dir`."""
        return self.database_url or f"sqlite:///{self.data_dir / 'pendamping.db'}"

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """The Rasa processes that somebody else runs; without one the app starts its own."""
        return tuple(url.strip().rstrip("/") for url in self.rasa_url.split(",") if url.strip())

    @property
    def actions_urls(self) -> tuple[str, ...]:
        """Where the Rasa processes that somebody else runs find the actions; they read the same setting."""
        return tuple(url.strip() for url in self.actions_url.split(",") if url.strip())

    @property
    def starts_rasa(self) -> bool:
        """Whether the app runs a Rasa process of its own."""
        return bool(self.runners) and not self.rasa_urls

    @property
    def ledger_file(self) -> Path:
        """Where the ids of destroyed keys are noted, apart from the database."""
        return self.destroyed_keys_file or self.data_dir / "destroyed-keys.txt"

    @property
    def anchor_file(self) -> Path:
        """Where the head of the audit trail is noted, apart from the database."""
        return self.audit_anchor_file or self.data_dir / "audit-anchors.txt"

    @property
    def base_url(self) -> str:
        """Where people reach the pages, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load_settings(**overrides: object) -> Settings:
    """Read the settings once. Raises SettingsError with one line that names what to set."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic validates the values itself
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        where = f"PENDAMPING_{name.upper()}: " if name else ""
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where}{message}") from None
