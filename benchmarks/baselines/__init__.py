"""What each figure is divided by: the shortest idiomatic code that does the same without our guarantees."""
