"""The assistant: what Rasa loads (channel, tracker store, wording, understanding, actions) and who asks it."""
