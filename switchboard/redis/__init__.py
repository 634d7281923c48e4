"""The exchange: Redis as a fenced log. Every script is one fsynced step; all keys of a conversation share a tag."""
