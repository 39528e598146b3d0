"""What the service records by itself: `hires.py` and `notices.py` say what (pure), `policy.py` hands it to the machinery."""
