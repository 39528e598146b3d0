"""The answer to a person's request for access (GDPR article 15): what every service holds, as data and as a page."""
