"""The log of one service: its facts in PostgreSQL, how each is written and read back, and how a new one wakes who waits."""
