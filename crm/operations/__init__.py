"""What a person can get done in the CRM: quote, confirm, execute. The only door to CRM writes; the bot's actions and the desk are its two callers."""
