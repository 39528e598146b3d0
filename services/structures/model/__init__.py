"""What a structure's facts amount to: pure functions of its standing facts, in the order of truth, and of the rules.

Projections read these too.
"""
