"""The folders of drafts, and what killed processes left of theirs.

Each holds a file that its process has locked; the lock goes with the process, however that ends. So a folder whose
file can be locked has nobody any more, also where process numbers of other containers mean nothing here.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from tempfile import TemporaryDirectory
from typing import Final

PREFIX: Final = "hermes-sync-draft-"
_LOCK: Final = "in use"
_YOUNG: Final = 60.0
"""Seconds in which a folder may not have been locked yet."""


class DraftFolder(TemporaryDirectory[str]):
    """A folder of its own in the temporary directory, deleted when done; a new one takes away those of the dead."""

    def __init__(self) -> None:
        super().__init__(prefix=PREFIX)
        self._lock = os.open(Path(self.name) / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        own = Path(self.name)
        for other in own.parent.glob(f"{PREFIX}*"):
            if other != own:
                _take_away(other, own.stat().st_mtime)

    def cleanup(self) -> None:
        """Delete the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        super().cleanup()


def _take_away(folder: Path, now: float) -> None:
    """Delete a folder if its process is gone; a link, one of somebody else, one that goes meanwhile is left alone."""
    with suppress(OSError):
        said = folder.lstat()
        if not S_ISDIR(said.st_mode) or said.st_uid != os.getuid() or now - said.st_mtime < _YOUNG:
            return
        # Its process may have died before it locked anything.
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
