-- Keeps a lease that is still the caller's. KEYS: lease, timers, talks. ARGV: token, TTL in ms.
-- Returns {0} when lost, else {1, when the next timer is due ("" if none), number of conversations that agents hold}.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return {1, due[2] or '', redis.call('HLEN', KEYS[3])}
