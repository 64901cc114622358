"""Where lines for people go: with colour and wrapped between words on a terminal, as they are into a pipe."""

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.text import Text


class Printer:
    """Prints styled lines on a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = Console(file=stream, highlight=False) if stream.isatty() else None

    def print(self, lines: Iterable[Text]) -> int:
        """Print the lines and return how many there were."""
        count = 0
        for line in lines:
            count += 1
            if self._console is None:
                self._stream.write(f"{line.plain}\n")
            else:
                self._console.print(line)
        return count
