"""Why the agrement service refuses a fact: one class per rule, its code for ever, by the fact it judges.

`instead` says what would be allowed, from the refusal's own fields.
"""
