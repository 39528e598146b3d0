"""What may be recorded about a person's pathway, by the fact that is judged. A new rule is a function here."""
