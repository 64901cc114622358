"""`hermes-sync demo`: the whole story, told and checked against the built-in twins of both APIs.

Nothing of it leaves the machine: the twins serve on free loopback ports, the database is temporary, and neither a
config file nor the environment is read.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hermes_sync import bootstrap
from hermes_sync.demo.scenes import SCENES
from hermes_sync.demo.story import Say, Story
from hermes_sync.sandbox import Sandbox, sample_seed
from hermes_sync.settings import load_settings

_ORGS: Final = (1, 2, 4, 7)
_CLIENTS: Final = (101, 102, 104, 110)
"""Of the sample: two linked companies, one on both sides that is not linked, and one on either side only."""


def tell(say: Say) -> bool:
    """Tell the story line by line through `say`; return whether everything converged."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hermes-sync-demo-")))
        sandbox = stack.enter_context(Sandbox(seed=_seed()))
        config = folder / "config.toml"
        config.write_text(sandbox.config(f"sqlite:///{folder / 'hermes.db'}"), encoding="utf-8")
        settings = load_settings(config, environment=False)
        store = stack.enter_context(bootstrap.store_to_write(settings))
        cycle = stack.enter_context(bootstrap.cycle_on(settings, store))
        booker = stack.enter_context(bootstrap.booker_on(settings, store))
        story = Story(say, sandbox, store, cycle, booker)
        for scene in SCENES:
            scene(story)
        return story.end()


def _seed() -> dict[str, Any]:
    """Return the sample with few companies, so that TC2's limit of 100 requests a minute is not reached."""
    sample = sample_seed()
    return {
        "pipedrive": {name: [row for row in rows if row["id"] in _ORGS] for name, rows in sample["pipedrive"].items()},
        "tc2": {"clients": [row for row in sample["tc2"]["clients"] if row["id"] in _CLIENTS]},
    }
