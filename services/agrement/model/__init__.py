"""What a person's facts amount to: pure functions of (facts, day, law). Projections read these too.

`reckon` (reckoning.py, with what each fact does in agrement_by_fact.py) gives the file (person_file.py); the other modules
ask it about a day: states.py, windows.py, hiring.py; person_view.py puts everything together for the API.
"""
