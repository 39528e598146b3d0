"""Alerts: what somebody should look at, as far as one subject's own facts say it; one file a field of rules.

`alert` holds the kinds and what an alert about a person is; `person_alerts` and `structure_alerts` are the read tables.
What a structure is on that day, and which alerts hold today, is joined in the view `alerts`.
"""
