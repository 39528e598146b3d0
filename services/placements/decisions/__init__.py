"""What may be recorded about a person's placements and hours, by the fact that is judged. A new rule is a function here.

Each takes the fact and its case (case.py). A rule that needs what a structure or a client is keeps quiet where that is
not known.
"""
