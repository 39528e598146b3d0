"""Reacting: what a service records by itself, because of facts of its own and others, or of the day."""
