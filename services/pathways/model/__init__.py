"""What a person's standing facts amount to: contracts, recruitments, hours agreed, immersions, and where the law is not
kept. Pure: settled facts and dated rules in, values and spans out; decisions and projections both read it.
"""
