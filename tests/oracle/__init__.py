"""A second, naive implementation of the rules, read from the domain's pages alone: small, slow, obvious.

It judges the product and shares nothing with it. Facts are plain dictionaries (`history.py`); what the product says of
the same facts is asked in `product*.py`, the only modules that import it.
"""
