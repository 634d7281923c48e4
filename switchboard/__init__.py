"""The switchboard: takes messages in, keeps them in order, decides who answers, and sends what was said."""
