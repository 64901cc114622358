"""The file: never over another one, never half, its owner's alone while it holds secrets."""

import stat
from pathlib import Path

import pytest

from hermes_sync.onboarding import writing
from hermes_sync.ports import ConfigError

TEXT = '[pipedrive]\nbase_url = "https://acme.pipedrive.com"\n'


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_file_with_secrets_is_its_owners_alone(tmp_path: Path, *, private: bool, mode: int) -> None:
    """The rights say whether secrets are in it."""
    file = tmp_path / "config.toml"
    writing.write_config(file, TEXT, force=False, private=private)

    assert file.read_text(encoding="utf-8") == TEXT
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_overwritten_only_when_told_so(tmp_path: Path) -> None:
    """What is there stays, also when it came after the first look; with `force` it is replaced."""
    file = tmp_path / "config.toml"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="--force"):
        writing.raise_if_taken(file, force=False)
    with pytest.raises(ConfigError, match="--force"):
        writing.write_config(file, TEXT, force=False, private=True)

    assert file.read_text(encoding="utf-8") == "mine"
    writing.raise_if_taken(file, force=True)
    writing.write_config(file, TEXT, force=True, private=True)
    assert file.read_text(encoding="utf-8") == TEXT
    assert list(tmp_path.iterdir()) == [file]


def test_a_text_that_is_no_config_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """What does not load is never put in place."""
    file = tmp_path / "config.toml"
    file.write_text(TEXT, encoding="utf-8")
    with pytest.raises(ConfigError):
        writing.write_config(file, TEXT.replace("base_url", "base_ur"), force=True, private=True)

    assert file.read_text(encoding="utf-8") == TEXT
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_where_none_can_be_made_is_said_beforehand(tmp_path: Path) -> None:
    """A folder, and a folder that is not there, are refused before anything is asked."""
    with pytest.raises(ConfigError, match="is a folder"):
        writing.raise_if_taken(tmp_path, force=True)
    with pytest.raises(ConfigError, match="--config PATH"):
        writing.raise_if_taken(tmp_path / "none" / "config.toml", force=False)


def test_a_file_system_without_links_gets_its_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no link can be made the place is kept by an empty file of ours, and still never taken from another."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(writing.os, "link", refuse)
    file = tmp_path / "config.toml"
    writing.write_config(file, TEXT, force=False, private=True)

    assert file.read_text(encoding="utf-8") == TEXT
    with pytest.raises(ConfigError, match="--force"):
        writing.write_config(file, TEXT + "# mine\n", force=False, private=True)
