"""Why the pathways service refuses a fact: one class per rule, its code for ever, by the topic of the fact.

Breaches of the law by a contract are never among them: a contract that should not exist exists, and shows as an alert.
An immersion beyond its limits is refused: it is agreed beforehand.
"""
