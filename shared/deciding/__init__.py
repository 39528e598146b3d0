"""Deciding: what a rule is given and gives back, refusals, days that contradict each other, and tables of the law by day. Pure."""
