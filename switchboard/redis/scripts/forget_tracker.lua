-- Ends the bot's memory of a conversation that has been silent for too long; who writes at this moment keeps it, and who
-- has no moment yet, because their first turn is not committed.
-- KEYS: conv, events, snapshot. ARGV: moment (ms) before which they must have spoken last.
local active = tonumber(redis.call('HGET', KEYS[1], 'active_ms') or '')
if not active or active >= tonumber(ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[1], 'choices', 'context')
redis.call('HSET', KEYS[1], 'events', 0)
return redis.call('DEL', KEYS[2], KEYS[3])
