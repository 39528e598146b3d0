"""HTTP as every process answers it: callers and what they may see, queries, pages, positions, problems."""
