"""The command line."""


def main() -> None:
    raise SystemExit("parcours has no command yet")
