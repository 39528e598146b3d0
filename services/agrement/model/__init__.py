"""What a person's facts amount to: pure functions of (facts, day, law). Projections read these too.

`reckon` (reading.py, with a reader per fact in readers.py) gives the file; the other modules ask it about a day:
states.py, windows.py, hiring.py; view.py puts everything together for the API.
"""
