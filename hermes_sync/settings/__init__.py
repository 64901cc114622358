"""The settings: config.toml and the environment, read once, checked, frozen (interface 2)."""

from hermes_sync.settings.settings import Settings, load_settings

__all__ = ["Settings", "load_settings"]
