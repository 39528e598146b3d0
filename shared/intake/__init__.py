"""Intake: from the bytes of a request to facts that are judged and recorded once."""
