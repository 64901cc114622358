"""Pipedrive, API v2."""
