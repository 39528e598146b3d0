"""Where a process begins: `parcours`, and `python -m parcours`."""

from __future__ import annotations

from shared.process.collector import collect_seldom


def main() -> None:
    # Loading what a command needs makes a million objects and next to no garbage. By Python's own figures the collector
    # walks them hundreds of times meanwhile, a tenth of the CPU of a start; so it is told before anything is loaded.
    collect_seldom()
    from parcours.command_line import run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
