"""The rig of the cycle's tests, for the stories of what broke before."""

from tests.cycle.conftest import rig

__all__ = ["rig"]
