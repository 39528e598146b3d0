"""What may be recorded about a person's agrément, by the fact that is judged. A new rule is a function here.

Each takes the fact and its case (case.py): the person's file as it stands beside the fact, the day it is judged on, and
the rules of that day. A rule that needs a structure's kind keeps quiet where the kind is not known.
"""
