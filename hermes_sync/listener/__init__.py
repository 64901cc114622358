"""The listener: what the website, Pipedrive's and TC2's webhooks and Prometheus talk to (interface 4).

Callbacks leave hints and nothing else; bookings are made in the request; passes run in another process.
"""

from hermes_sync.listener.app import create_app
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.server import serve

__all__ = ["Desk", "create_app", "serve"]
