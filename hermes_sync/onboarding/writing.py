"""The config.toml on disk: whole or not at all, readable by its owner only while it holds secrets."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from hermes_sync.ports import ConfigError
from hermes_sync.settings import load_settings

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644


def raise_if_taken(file: Path, *, force: bool) -> None:
    """Raise `ConfigError` for a file that must not be overwritten, and for a place where none can be made."""
    if file.is_dir():
        raise ConfigError(f"{file} is a folder; name a file with --config PATH")
    if file.exists() and not force:
        raise _taken(file)
    folder = file.resolve().parent
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"{file} cannot be written: {folder} is no folder that you may write to; use --config PATH")


def write_config(file: Path, text: str, *, force: bool, private: bool) -> None:
    """Write a config that loads; an interrupted write leaves what was there before.

    Raises `ConfigError` when the file is there and `force` is not given, and when it cannot be written.
    """
    target = file.resolve()
    try:
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}; check the folder and its rights") from None
    draft = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        draft.chmod(PRIVATE if private else PUBLIC)
        load_settings(draft, environment=False)
        _put(draft, target, force=force)
    except FileExistsError:
        raise _taken(file) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}; check the disk and its rights") from None
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _put(draft: Path, target: Path, *, force: bool) -> None:
    """Give the draft its name; a link is refused where a file is already, also one that came this moment."""
    if not force:
        try:
            os.link(draft, target)
        except FileExistsError:
            raise
        except OSError:
            # Not every file system has links; an empty file of ours then keeps the place.
            target.touch(mode=PRIVATE, exist_ok=False)
        else:
            return
    draft.replace(target)


def _taken(file: Path) -> ConfigError:
    return ConfigError(
        f"{file} is there already and is left as it is; --force overwrites it, --config PATH names another file"
    )
