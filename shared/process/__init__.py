"""The process around a service: settings, metrics, logs, and the PostgreSQL that a laptop starts by itself."""
