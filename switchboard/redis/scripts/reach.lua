-- What is known of how a number wants to be told things. Another subscriber than before begins with nothing.
-- KEYS: reach. ARGV: subscriber, then fields to set.
local before = redis.call('HGET', KEYS[1], 'subscriber')
if before and before ~= ARGV[1] then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'subscriber', unpack(ARGV))
return redis.call('HGETALL', KEYS[1])
