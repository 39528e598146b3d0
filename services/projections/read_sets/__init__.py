"""Which set of rows is current, what it was made by, and how a new one is built beside it and takes its place."""
