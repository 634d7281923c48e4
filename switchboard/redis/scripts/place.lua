-- The last place in the log of what people say. KEYS: in. ARGV: tag.
return last_place(ARGV[1])
