"""Stand-ins for the outside world: a phone at an SMS provider, and the WeChat platform with its users."""
