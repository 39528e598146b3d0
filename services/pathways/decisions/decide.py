"""What may be recorded about a person's pathway. The rules are in `decisions/`, by the fact they judge.

Only what cannot be true is refused, and immersions beyond their limits: those are agreed, not found. What is not known
yet, contracts that overlap, hires without agrément or against the law are facts and are recorded; facts may arrive in
any order.
"""

from __future__ import annotations

from services.pathways.decisions import contracts, immersions, leaving, support, trainings
from services.pathways.decisions.case import RULES

RULE_MODULES = (contracts, trainings, immersions, support, leaving)
"""Importing them registered their rules."""

decide = RULES.decide
