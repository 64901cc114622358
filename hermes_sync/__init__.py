"""hermes-sync keeps Pipedrive, Hermes and TC2 in step: it polls, plans by the action table, and applies."""

__version__ = "0.1.0"
