"""What a person's placements and hours amount to: pure functions of (facts, what structures and clients are, law).

`placements.py`: agreements with their changes; `ledger.py`: the entries of hours that count; `windows.py`: the cap;
`bridges.py`: contrats passerelles. Projections read these too.
"""
