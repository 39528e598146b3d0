"""How long what is held of a person is kept: the rule, pure, and who is due by it."""
