"""The JSON document of `status`; its keys are in the order of interface 3, its times in UTC."""

from typing import BinaryIO

from hermes_sync.reports.items import VERSION, counts_of, json_of, notice_item, push_item
from hermes_sync.reports.status_text import StatusReport


def write_status(report: StatusReport, stream: BinaryIO) -> None:
    """Write what `status` found; times are in UTC."""
    stream.write(json_of(_status(report)) + b"\n")


def _status(report: StatusReport) -> dict[str, object]:
    store = report.store
    running = store.running
    return {
        "version": VERSION,
        "now": report.now,
        "running": None if running is None else {"holder": running.holder, "until": running.until},
        "passes": [
            {
                "id": one.id,
                "scope": one.scope,
                "started": one.started_at,
                "ended": one.ended_at,
                "result": one.result,
                "exit_code": one.exit_code,
                "error": one.counts.get("error"),
                "counts": counts_of(one),
                "notices": [notice_item(notice) for notice in one.notices],
            }
            for one in store.passes
        ],
        "kinds": {
            kind.value: {
                "known": fresh.living,
                "gone": fresh.gone,
                "cursor": cursor and cursor.since,
                "complete": cursor and cursor.complete_at,
                "oldest_reading": fresh.oldest_read_at,
                "newest_reading": fresh.newest_read_at,
            }
            for kind, fresh in store.kinds.items()
            for cursor in [store.cursors.get(kind)]
        },
        "pushes": {
            "waiting": [push_item(push) for push in store.waiting],
            "refused": [push_item(push) for push in store.refused],
        },
        "waiting": report.waiting and {"bookings": report.waiting.bookings, "hints": report.waiting.hints},
        "last_failure": report.trouble
        and {
            "ended": report.trouble.ended_at,
            "result": report.trouble.result,
            "exit_code": report.trouble.exit_code,
            "why": report.trouble.why,
        },
        "drift": {
            "count": report.drifts.count,
            "examples": [
                {
                    "company": one.company_id,
                    "org": one.org_id,
                    "field": one.field,
                    "hermes": one.hermes,
                    "pipedrive": one.pipedrive,
                }
                for one in report.drifts.examples
            ],
        },
        "tokens": {
            "daily_budget": report.daily_budget,
            "spent_today": report.spent_today,
            "left_today": report.left_today,
        },
        "pace": report.pace
        and {
            "interval_seconds": report.pace.interval.total_seconds(),
            "for_polling": report.pace.for_polling,
            "cost_of_pass": report.pace.cost,
        },
        "clients": report.clients
        and {
            "living": report.clients.living,
            "read_within_hour": report.clients.read_within_hour,
            "share_within_hour": round(report.clients.share_within_hour, 4),
            "oldest_reading": report.clients.oldest_read_at,
        },
        "daemon": report.daemon and {"holder": report.daemon.holder, "until": report.daemon.until},
    }
