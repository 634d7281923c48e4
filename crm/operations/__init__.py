"""What a person can get done in the CRM: quote, confirm, execute. The only door to CRM writes."""
