"""Where and when every simulation begins: the same however the twins are reached."""

from typing import Final

PIPEDRIVE_URL: Final = "http://pipedrive.test"
TC2_URL: Final = "http://tc2.test"
START: Final = "2026-05-14T12:00:00Z"
