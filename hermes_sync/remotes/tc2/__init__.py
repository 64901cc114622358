"""TC2, both versions of its roles API."""
