"""The read tables, one file a topic: its row types, the pure functions from a history to rows, and the tables themselves."""
