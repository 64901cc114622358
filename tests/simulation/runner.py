"""One simulation: a world from a seed, a number of steps in it, and passes until everything is in step again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from random import Random
from random import seed as seed_everything
from typing import Any, Final

from hermes_sync.core.records import RemoteKind
from hermes_sync.core.safety import Limits
from hermes_sync.rules import all_rules
from hermes_sync.sandbox import Fault
from tests.simulation import callers, pipedrive_people, tc2_people
from tests.simulation.addresses import START
from tests.simulation.broken import Broken, must
from tests.simulation.engine import Workshop
from tests.simulation.oracle import Oracle
from tests.simulation.passes import Passes

MERGES: Final = any(id_ == "extra/pd.merge" for id_, _, _ in all_rules())
"""Whether hermes-sync claims to follow merges."""

MOST_FULL_PASSES: Final = 3
"""After the last edit: one ordinary pass, then so many full ones at most, the last of which plans nothing."""

_PIPEDRIVE, _TC2, _TIME, _LAG, _FAULT = 50, 19, 8, 2, 4
_ORDINARY, _FULL, _SINCE, _DIFF, _KILLED, _MEDDLED, _CALL = 7, 3, 1, 1, 3, 2, 9


@dataclass(frozen=True)
class Outcome:
    """How a simulation went. `trace` tells it line by line; `broken` is what did not hold, None if all did."""

    seed: int
    trace: tuple[str, ...]
    broken: BaseException | None
    full_passes: int
    end: str
    """A digest of all three systems at the end."""
    calls: bool = False
    """Whether people booked."""

    @property
    def command(self) -> str:
        """What plays it again."""
        return f"--seed {self.seed}{' --calls' if self.calls else ''}"

    @property
    def invariant(self) -> str:
        """The name of what did not hold."""
        return self.broken.invariant if isinstance(self.broken, Broken) else type(self.broken).__name__


class Simulation:
    """Plays one seed, with people who book calls or without.

    `without` are the numbers of steps to leave out, which shortens a failure.
    """

    def __init__(
        self, workshop: Workshop, seed: int, *, steps: int = 60, without: Collection[int] = (), calls: bool = False
    ) -> None:
        self.seed = seed
        self.calls = calls
        self.steps = steps
        self.without = frozenset(without)
        self.trace: list[str] = []
        self.full_passes = 0
        dice = Random(f"{seed}")
        seed_everything(seed)  # the jitter of retries
        self.passes = Passes(workshop, self._say)
        self.recreates = dice.random() < 0.75
        rig = self.passes.rig
        policy = rig.settings.policy
        narrow = Limits(max_deletes=2, max_delete_percent=20, max_creates=2, max_updates=4)
        rig.configure(
            policy=type(policy)(
                **{name: getattr(policy, name) for name in policy.__slots__} | {"recreate_deleted": self.recreates}
            ),
            limits=narrow if dice.random() < 0.2 else Limits(),
        )
        rig.pd.create_status = dice.choice((200, 201))
        rig.tc2.roles = dice.choice((1, 2))
        deeds = pipedrive_people.DEEDS + ((pipedrive_people.MERGE,) if MERGES else ())
        self.deeds = [one for one in deeds if dice.random() < 0.8] or list(deeds)
        self.tc2_deeds = [one for one in tc2_people.DEEDS if dice.random() < 0.8] or list(tc2_people.DEEDS)
        self.is_troubled = dice.random() < 0.6
        self._say(f"seed {seed}: recreate_deleted {self.recreates}, limits {rig.settings.limits}, {START}")

    def run(self) -> Outcome:
        """Play it."""
        broken: BaseException | None = None
        try:
            for number in range(self.steps):
                if number not in self.without:
                    self._step(number, Random(f"{self.seed}/{number}"))
            self._settle()
        except Exception as error:  # noqa: BLE001  # whatever went wrong is what a simulation is for
            broken = error
            self._say(f"BROKEN {type(error).__name__}: {error}")
        self.passes.books.close()
        rig = self.passes.rig
        end = sha256(repr((rig.everything(), rig.clock.now())).encode()).hexdigest()
        self._say(f"end {end}")
        return Outcome(self.seed, tuple(self.trace), broken, self.full_passes, end, self.calls)

    def _say(self, line: str) -> None:
        self.trace.append(line)

    # -- steps

    def _step(self, number: int, dice: Random) -> None:
        choices = {
            self._pipedrive: _PIPEDRIVE,
            self._tc2: _TC2,
            self._time: _TIME,
            self._lag: _LAG if self.is_troubled else 0,
            self._fault: _FAULT if self.is_troubled else 0,
            self._ordinary: _ORDINARY,
            self._full: _FULL,
            self._since: _SINCE,
            self._diff: _DIFF,
            self._killed: _KILLED if self.is_troubled else 0,
            self._meddled: _MEDDLED if self.is_troubled else 0,
            self._call: _CALL if self.calls else 0,
        }
        (step,) = dice.choices(list(choices), list(choices.values()))
        self.passes.number = number
        step(dice)
        self.passes.graves.look_around()

    def _pipedrive(self, dice: Random) -> None:
        self._say(f"{self.passes.number}: pipedrive: {self._pipedrive_deed(dice)}")
        self.passes.rig.sandbox.clock.advance(dice.choice((0, 0, 1, 7, 30)))

    def _pipedrive_deed(self, dice: Random) -> str | None:
        (deed,) = dice.choices([one for _, one in self.deeds], [weight for weight, _ in self.deeds])
        done = deed(self.passes.rig.pd, dice)
        if deed is pipedrive_people.copy_hermes_id and done is not None:
            self.passes.note_copies()
        if deed is pipedrive_people.merge and done is not None:
            self.passes.note_inherited()
        return done

    def _tc2(self, dice: Random) -> None:
        self._say(f"{self.passes.number}: tc2: {self._tc2_deed(dice)}")
        self.passes.rig.sandbox.clock.advance(dice.choice((0, 0, 1, 7, 30)))

    def _tc2_deed(self, dice: Random) -> str | None:
        (deed,) = dice.choices([one for _, one in self.tc2_deeds], [weight for weight, _ in self.tc2_deeds])
        orgs = [row["id"] for row in self.passes.rig.pd.all("organization")]
        return deed(self.passes.rig.tc2, dice, orgs)

    def _call(self, dice: Random) -> None:
        self._say(f"{self.passes.number}: {callers.book(self.passes.rig, dice)}")

    def _time(self, dice: Random) -> None:
        seconds = dice.choice((1, 20, 61, 600, 600, 7 * 3600, 30 * 3600))
        self._say(f"{self.passes.number}: {seconds} seconds pass")
        self.passes.rig.sandbox.clock.advance(seconds)

    def _lag(self, dice: Random) -> None:
        pipedrive = self.passes.rig.pd
        pipedrive.list_lag, pipedrive.search_lag = dice.choice((0, 5, 36)), dice.choice((0, 5, 36))
        self._say(f"{self.passes.number}: lists lag {pipedrive.list_lag}, search {pipedrive.search_lag}")

    def _fault(self, dice: Random) -> None:
        twin = dice.choice((self.passes.rig.pd, self.passes.rig.tc2))
        fault: dict[str, Any] = dice.choice((
            {"status": 500}, {"status": 503, "carried_out": True}, {"status": 429, "headers": {"retry-after": "2"}},
            {"effect": "cut"}, {"effect": "cut", "carried_out": False}, {"effect": "empty"}, {"effect": "truncated"},
            {"status": 403, "body": "<html>Cloudflare</html>"}, {"effect": "empty_list"}, {"effect": "shrunk_list"},
        ))  # fmt: skip
        fault = fault | {"nth": dice.choice((1, 2, 5, 9, 14)), "times": dice.choice((1, 1, 2, 5, 12))}
        fault |= {"method": dice.choice((None, None, "POST", "PATCH", "GET"))}
        twin.faults.add(Fault(**fault))
        self._say(f"{self.passes.number}: {twin.name} will fail: {fault}")

    def _ordinary(self, dice: Random) -> None:
        self.passes.run()

    def _full(self, dice: Random) -> None:
        self.passes.run(full=True)

    def _since(self, dice: Random) -> None:
        ago = timedelta(seconds=dice.choice((10, 600, 86_400)))
        self.passes.run(since=(self.passes.rig.clock.now() - ago).replace(microsecond=0))

    def _diff(self, dice: Random) -> None:
        self.passes.diff(full=dice.random() < 0.5)

    def _killed(self, dice: Random) -> None:
        self.passes.run_killed(dice.randrange(dice.choice((20, 60))), full=dice.random() < 0.3)
        if dice.random() < 0.7:
            self.passes.rig.sandbox.clock.advance(dice.choice((16, 61)))

    def _meddled(self, dice: Random) -> None:
        at = dice.randrange(25)
        self.passes.run_meddled(at, lambda: self._meddle(dice))

    def _meddle(self, dice: Random) -> str:
        done = f"{self._pipedrive_deed(dice)}; {self._tc2_deed(dice)}"
        return f"{done}; {callers.book(self.passes.rig, dice)}" if self.calls else done

    # -- and then

    def _settle(self) -> None:
        """Nobody does anything any more: passes until there is nothing left to do, and what must hold then."""
        rig = self.passes.rig
        for twin in (rig.pd, rig.tc2):
            twin.faults.clear()
        rig.pd.list_lag = rig.pd.search_lag = 0
        for push in rig.store.open_pushes():
            if push.kind is RemoteKind.ORGANIZATION:
                pipedrive_people.name_blank_org(rig.pd, push.hermes_id)
        rig.sandbox.clock.advance(120)
        self.passes.run()
        for _ in self.passes.books.waiting():  # a pass with narrow limits takes them along one at a time
            self.passes.run()
        for count in range(1, MOST_FULL_PASSES + 1):
            self.passes.rig.sandbox.clock.advance(5)
            done = self.passes.run(full=True)
            must(done is not None, "convergence", "a pass that nothing disturbs came to nothing")
            self.full_passes = count
            if done is not None and not done.actions:
                break
        else:
            must(False, "convergence", f"{MOST_FULL_PASSES} full passes after the last edit still plan something")
        must(done is not None and done.exit_code == 0, "convergence", "the last pass left something open or refused")
        if self.seed % 4 == 0:
            self.passes.check_diff_is_empty()
        objects = self.passes.books.objects()
        Oracle(self.passes.rig, objects, self.passes.graves, self.recreates, self.passes.copied).check()
