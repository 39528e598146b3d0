"""Roles: the loops of the suite, their heartbeats, whether somebody paused them, and what all that amounts to."""
