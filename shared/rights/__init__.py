"""Rights: who calls, and the one policy that says who may say what. Pure: no clock, no I/O; routes and intake ask it."""
