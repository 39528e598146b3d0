"""Where everything is put together: processes from their parts, the command line, the demonstration."""
