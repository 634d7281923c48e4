"""The web app of the people who run the channel: the agents' desk, reports, log-in. Owns the console's database."""
