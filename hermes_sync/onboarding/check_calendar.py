"""What is checked of Google's calendars without asking Google: the key file that speaks for the admins' mailboxes."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hermes_sync.onboarding.findings import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from hermes_sync.settings import Settings

_CHECK: Final = "config.calendar"


def calendar(settings: "Settings") -> Iterator[Finding]:
    """Check that the key file can be read and signs, and that only its owner can read it."""
    from hermes_sync.remotes.google.account import ServiceAccount, UnusableKey  # not needed without Google

    callbooker = settings.callbooker
    if callbooker.calendar != "google":
        if callbooker.google_service_account:
            message = 'callbooker.google_service_account is set, but calendar is "hermes", so that Google is not asked'
            yield warning(_CHECK, message, 'set callbooker.calendar = "google", or take the key file out of the config')
        return
    file = Path(callbooker.google_service_account).expanduser()
    try:
        account = ServiceAccount(file)
    except UnusableKey as error:
        yield wrong(_CHECK, f"{error.what}; no call can be booked", error.remedy)
        return
    who = ", ".join(sorted({admin.email for admin in settings.admins})) or "nobody: no [[admins]] are set"
    yield ok(_CHECK, f"the key of {account.email} signs; Google was not asked whether it may act for {who}")
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        message = f"{file} is a key and others on this machine may read it"
        yield warning(f"{_CHECK}.rights", message, f"chmod 600 {file}")
