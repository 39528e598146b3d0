"""Machinery that every service is made of, in rooms; never a rule of the domain."""
