"""Feeds: the facts of other services, from their topics or from their stores, under one contract."""
