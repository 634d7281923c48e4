-- Ends the bot's memory of a conversation that has been silent for too long; who writes at this moment keeps it.
-- KEYS: conv, events, snapshot. ARGV: moment (ms) before which they must have spoken last.
if tonumber(redis.call('HGET', KEYS[1], 'active_ms') or 0) >= tonumber(ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[1], 'choices', 'context')
redis.call('HSET', KEYS[1], 'events', 0)
return redis.call('DEL', KEYS[2], KEYS[3])
