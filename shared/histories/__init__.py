"""Histories: what a reader of facts keeps of every subject, and the place from which it goes on."""
