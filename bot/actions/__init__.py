"""What the bot does when it understood a wish: one topic a module. Imports rasa_sdk and crm only."""
