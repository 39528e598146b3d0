"""From facts that come to rows that are written: the live loop, and everybody at once."""
