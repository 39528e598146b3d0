"""What the service records by itself: `cap.py` says what should stand (pure), `policy.py` hands it to the machinery."""
