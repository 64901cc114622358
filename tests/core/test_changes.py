"""What a change is: of what, why, whether it is gone, and whether it may create."""

from dataclasses import replace

import pytest

from hermes_sync.core.changes import Change, Why
from hermes_sync.core.records import Org, Ref, RemoteKind

ACME = Org(id=10, name="Acme")
REF = Ref(RemoteKind.ORGANIZATION, 10)


@pytest.mark.parametrize("why", list(Why))
def test_only_looking_at_the_same_again_creates_nothing(why: Why) -> None:
    """Equal is the same, also when it was read twice; whatever else there is to look at it may create."""
    same, other = replace(ACME), replace(ACME, name="Acme Ltd")

    assert Change(ref=REF, before=ACME, after=same, why=why).may_create is (why is not Why.RELOOK)
    assert Change(ref=REF, before=ACME, after=other, why=why).may_create
    assert Change(ref=REF, before=None, after=ACME, why=why).may_create


def test_what_is_gone_has_no_now() -> None:
    """To ask for it is a mistake of ours, which names the object."""
    gone: Change[Org] = Change(ref=REF, before=ACME, after=None)

    assert gone.is_gone
    with pytest.raises(AssertionError, match="pipedrive:organization:10 is gone"):
        _ = gone.now
    assert Change(ref=REF, before=None, after=ACME).now is ACME
    assert not Change(ref=REF, before=None, after=ACME).is_gone
