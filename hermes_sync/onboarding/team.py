"""Who of the team does what: as clients of TC2 show it, unless a person says otherwise."""

from collections.abc import Iterable
from dataclasses import replace

from hermes_sync.onboarding.asking import Asker
from hermes_sync.onboarding.proposal import AdminChoice


def settled_team(admins: tuple[AdminChoice, ...], asker: Asker) -> tuple[AdminChoice, ...]:
    """Return the admins with the roles that a person gave them; as proposed when nobody is there."""
    if not asker.is_person or not admins:
        return admins
    sales = _asked("Who takes sales calls?", (one.id for one in admins if one.sells), admins, asker)
    support = _asked("Who takes support calls?", (one.id for one in admins if one.supports), admins, asker)
    return tuple(replace(one, sells=one.id in sales, supports=one.id in support) for one in admins)


def _asked(question: str, proposed: Iterable[int], admins: tuple[AdminChoice, ...], asker: Asker) -> set[int]:
    """Return the ids that were named; a number that is nobody's is asked about again."""
    default = ",".join(map(str, proposed)) or "none"
    known = {str(one.id): one.id for one in admins}
    while True:
        said = asker.text(f"{question} (numbers with commas, or none)", default=default, otherwise="the config")
        named = [] if said.strip().lower() == "none" else [one.strip() for one in said.split(",") if one.strip()]
        unknown = [one for one in named if one not in known]
        if not unknown:
            return {known[one] for one in named}
        asker.say(f"{', '.join(unknown)}: nobody has this number; there are {', '.join(known)}")
