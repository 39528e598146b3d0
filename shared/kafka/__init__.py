"""Kafka: clients, topics, and the relay that carries a log into its topic."""
