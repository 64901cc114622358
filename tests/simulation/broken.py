"""What a simulation raises when something that must always hold does not."""


class Broken(AssertionError):
    """An invariant does not hold; `invariant` is its name in the README."""

    def __init__(self, invariant: str, message: str) -> None:
        super().__init__(f"{invariant}: {message}")
        self.invariant = invariant


def must(holds: object, invariant: str, message: str) -> None:
    """Raise Broken unless something holds."""
    if not holds:
        raise Broken(invariant, message)
