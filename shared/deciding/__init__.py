"""Deciding: what a rule is given and gives back, refusals, and tables of the law by day. Pure."""
