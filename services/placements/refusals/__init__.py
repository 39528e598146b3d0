"""Why the placements service refuses a fact: one class per rule, its code for ever; one file per topic."""
