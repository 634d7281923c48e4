"""The agents' desk: who waits, what was said, and the agent's own words."""
