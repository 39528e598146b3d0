"""The whole command line: `parcours --help` is its manual. A process loads the part it needs (`command_line.py`)."""

from parcours.command_line import command_line, run

app = command_line()


def main() -> None:
    """The console script of installations made before `parcours/__main__.py`."""
    run()
