"""The exchange: Redis as a fenced log. Every script is one fsynced step; every key of a conversation carries its partition's tag."""
