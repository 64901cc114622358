"""Results as JSON, in the shapes of the public interface."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hermes_sync.core.objects import Admin
from hermes_sync.core.plan import FieldChange, PlannedAction, Verb
from hermes_sync.core.records import RemoteKind
from hermes_sync.reports import (
    rules_lines,
    status_lines,
    status_of,
    write_export,
    write_plan,
    write_report,
    write_rules,
    write_status,
)
from hermes_sync.store import Cursor, Freshness, JournalPush, PassRow, StoreStatus
from tests.reports.samples import CREATED, NOTHING, NOTICE, PlanOf, plan_of, report_of

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def test_a_plan_has_the_shape_of_the_interface() -> None:
    """The document of a diff has the keys of interface 3, in their order."""
    stream = io.BytesIO()
    write_plan(plan_of(), stream)
    document = json.loads(stream.getvalue())

    assert list(document) == ["version", "hash", "summary", "cost", "actions", "notices"]
    assert document["version"] == 1
    assert document["hash"] == "0123456789abcdef"
    assert document["summary"] == {"create": 1, "update": 0, "delete": 1, "push": 1}
    assert document["cost"] == {"pipedrive_tokens": 5, "pipedrive_requests": 1, "tc2_requests": 2, "seconds": 0.1}
    assert document["actions"][0] == {
        "rule": "pd.org.created/hermes.company/missing",
        "cause": "pipedrive:organization:10",
        "system": "hermes",
        "object": "company",
        "verb": "create",
        "key": {"pd_org_id": 10},
        "changes": [{"field": "name", "before": None, "after": "Acme"}],
    }
    assert document["notices"] == [
        {"code": NOTICE.code, "message": NOTICE.message, "refs": ["pipedrive:organization:10"]}
    ]


def test_rules_are_listed_where_several_had_a_say() -> None:
    """An action that several rows asked for lists them all, another does not."""
    stream = io.BytesIO()
    write_plan(plan_of(), stream)
    created, pushed, _ = json.loads(stream.getvalue())["actions"]

    assert "rules" not in created
    assert pushed["rules"] == ["pd.org.created/tc2.cligency/exists", "pd.deal.created/tc2.cligency/exists"]


def test_a_report_adds_the_outcome_of_what_goes_to_other_systems() -> None:
    """A pass tells of each push how it went; one that was not come to waits."""
    stream = io.BytesIO()
    write_report(report_of(plan_of()), stream)
    actions = json.loads(stream.getvalue())["actions"]

    assert [action.get("outcome") for action in actions] == [None, "pushed", None]
    stream = io.BytesIO()
    write_report(report_of(plan_of(), outcomes={}), stream)
    assert json.loads(stream.getvalue())["actions"][1]["outcome"] == "deferred"


def test_nothing_to_do_is_a_document_too() -> None:
    """A plan without actions is one document with empty lists."""
    stream = io.BytesIO()
    write_plan(NOTHING, stream)

    assert json.loads(stream.getvalue())["actions"] == []


def test_a_long_plan_is_written_action_by_action() -> None:
    """A plan of 20,000 actions is written without ever being held."""

    class Long(PlanOf):
        def actions(self) -> Iterator[PlannedAction]:
            return (replace(CREATED, id=number) for number in range(20_000))

    class Sink(io.RawIOBase):
        size = 0

        def write(self, some: object) -> int:
            self.size += len(bytes(some))  # type: ignore[call-overload]
            return 0

    sink = Sink()
    tracemalloc.start()
    write_plan(Long(), sink)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sink.size > 4_000_000
    assert peak < 1_000_000


def test_an_export_lists_objects_under_their_names() -> None:
    """An export is one document, with the admins of the config sorted by id."""
    stream = io.BytesIO()
    admins = [
        Admin(id=2, first_name="Grace", last_name="Hopper", email="grace@example.com"),
        Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99),
    ]
    write_export([("companies", iter([{"id": 1, "name": "Acme"}])), ("deals", iter([]))], admins, stream)
    document = json.loads(stream.getvalue())

    assert list(document) == ["companies", "deals", "admins"]
    assert document["companies"] == [{"id": 1, "name": "Acme"}]
    assert document["admins"][0] == {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@example.com",
        "tc2_admin_id": None,
        "pd_owner_id": 99,
        "timezone": "UTC",
    }


def test_an_export_may_be_of_one_list() -> None:
    """An export without admins leaves that list out."""
    stream = io.BytesIO()
    write_export([("stages", iter([]))], None, stream)

    assert json.loads(stream.getvalue()) == {"stages": []}


def test_the_rules_are_told_with_id_sentence_and_place() -> None:
    """The action table is printed row by row, as text and as JSON."""
    rules = [("pd.org.created/hermes.company/missing", "If it doesn't exist: create it.", "rules/pd_org.py:27")]
    stream = io.BytesIO()
    write_rules(rules, stream)

    assert json.loads(stream.getvalue()) == {
        "rules": [{"id": rules[0][0], "sentence": rules[0][1], "where": rules[0][2]}]
    }
    assert [line.plain for line in rules_lines(rules)] == [f"{rules[0][0]}  {rules[0][1]}  [{rules[0][2]}]"]


PUSH = JournalPush(
    id=1,
    pass_id=3,
    seq=1,
    kind=RemoteKind.CLIENT,
    verb=Verb.UPDATE,
    hermes_id=1,
    remote_id=20,
    changes=(FieldChange("pipedrive_id", None, "10"),),
    rule="pd.org.created/tc2.cligency/exists",
    rules=("pd.org.created/tc2.cligency/exists",),
    cause="pipedrive:organization:10",
    key={"tc2_cligency_id": 20},
    state="deferred",
    attempts=2,
    started_at=NOW,
    due_at=NOW,
    digest="0",
    reason="TC2 answered 503",
)
PASS = PassRow(
    id=3,
    scope="full",
    started_at=NOW - timedelta(hours=2),
    ended_at=NOW,
    result="done",
    exit_code=5,
    counts={"create": 2, "pipedrive_tokens": 40, "pipedrive_daily_left": 29960},
    notices=(NOTICE,),
)
STORE = StoreStatus(
    passes=(PASS,),
    running=None,
    cursors={RemoteKind.ORGANIZATION: Cursor(since=NOW, complete_at=NOW - timedelta(hours=2))},
    kinds={
        RemoteKind.ORGANIZATION: Freshness(living=9, gone=1, oldest_read_at=NOW - timedelta(days=2), newest_read_at=NOW)
    },
    waiting=(PUSH,),
    refused=(replace(PUSH, state="refused", reason="400: no such attribute"),),
)
STATUS = status_of(STORE, now=NOW, daily_budget=30_000, spent_today=40)


def test_status_tells_of_passes_freshness_pushes_and_tokens() -> None:
    """Status says how the last passes went, how old readings are, what waits and why, and what was spent today."""
    text = "\n".join(line.plain for line in status_lines(STATUS))

    for part in (
        "3  2024-05-01 10:00:00 UTC  full  done, exit 5  2 created",
        "ambiguous-match: two Companies are called Acme",
        "9 known, 1 gone; oldest reading 2 d ago, all read 2 h ago, changes read up to 2024-05-01 12:00:00 UTC",
        "Pushes that wait: 1",
        "update tc2 client (tc2_cligency_id 20)  deferred, tried 2 times",
        "TC2 answered 503",
        "400: no such attribute",
        "40 spent of a budget of 30000; Pipedrive says that 29960 are left",
    ):
        assert part in text


def test_status_is_a_document_too() -> None:
    """Status as JSON has times in UTC and every push with its reason."""
    stream = io.BytesIO()
    write_status(STATUS, stream)
    document = json.loads(stream.getvalue())

    assert document["now"] == "2024-05-01T12:00:00Z"
    assert document["passes"][0]["exit_code"] == 5
    assert document["kinds"]["organization"]["cursor"] == "2024-05-01T12:00:00Z"
    assert document["pushes"]["waiting"][0]["reason"] == "TC2 answered 503"
    assert document["pushes"]["refused"][0]["state"] == "refused"
    assert document["tokens"] == {"daily_budget": 30_000, "spent_today": 40, "left_today": 29_960}


def test_status_of_an_empty_store_says_what_to_do() -> None:
    """Before the first pass status says how to run one."""
    empty = replace(STORE, passes=(), waiting=(), refused=(), cursors={})
    lines = [line.plain for line in status_lines(status_of(empty, now=NOW, daily_budget=1, spent_today=0))]

    assert any("hermes-sync reconcile" in line for line in lines)
