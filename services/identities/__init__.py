"""Names of persons for those who may see them, each under a key of its own; nowhere near facts (docs/adr/0038)."""
