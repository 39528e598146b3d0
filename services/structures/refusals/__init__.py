"""Why the structures service refuses a fact: one class per rule, its code for ever, by the topic of the fact."""
