"""What this process answered, counted for Prometheus: requests and seconds by method, address and status."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class RequestCounts:
    """Counts requests in a registry; labels are addresses of ours, so that no stranger makes new ones."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "address")
        self._requests = Counter(
            "hermes_sync_http_requests", "Requests answered.", (*labels, "status"), registry=registry
        )
        self._seconds = Histogram(
            "hermes_sync_http_request_seconds", "Seconds to an answer.", labels, buckets=_BUCKETS, registry=registry
        )

    def count(self, method: str, address: str, status: int, seconds: float) -> None:
        """Count one request; status 0 is one whose caller went away before the answer."""
        self._requests.labels(method, address, str(status)).inc()
        self._seconds.labels(method, address).observe(seconds)
