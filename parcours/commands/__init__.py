"""One file for each command or family of commands; what they share is in `options` and `errors`."""
