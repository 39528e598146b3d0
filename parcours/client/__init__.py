"""Talking to a running suite: its HTTP client, files of events, posting and checking them, questions to the query API."""
