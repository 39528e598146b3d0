"""The query API: its routes, what they answer, and how that is described."""
