"""What commands print for people: French words, tables and drawings, and the console they go to."""
