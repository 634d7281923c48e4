-- What a turn begins with, as of one moment. KEYS: conv, events, snapshot, and turn, whose result it may have already. ARGV: how many of
-- the latest turns.
local result = KEYS[4] and redis.call('GET', KEYS[4]) or false
local turns = result and {} or redis.call('LRANGE', KEYS[2], -tonumber(ARGV[1]), -1)
return {redis.call('GET', KEYS[3]), turns, redis.call('HGET', KEYS[1], 'events'), result}
