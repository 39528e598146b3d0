"""Three years of an invented group of structures and of those beside it, always the same to the byte."""
