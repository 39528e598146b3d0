"""What the law dates, as rows with their source (`*.yaml`), and `tables.py`, which says which are in force on a day."""
