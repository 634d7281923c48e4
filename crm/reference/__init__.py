NAME = "renji-reference-crm"
"""How /healthz names this server: a demo works with no other CRM."""
