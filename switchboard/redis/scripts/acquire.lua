-- Takes a partition that is free, or whose holder the caller replaces (a process of its name before it was restarted). The new token
-- fences the old one. KEYS: lease, held. ARGV: token, beginning of the tokens that may be replaced, TTL in ms. Returns false, or the token of a holder that did not
-- release: what it was doing may have taken it down.
local lease = redis.call('GET', KEYS[1])
if lease and string.sub(lease, 1, #ARGV[2]) ~= ARGV[2] then return false end
local before = redis.call('GET', KEYS[2]) or ''
-- A Redis that is full runs a script to its end whose first write needs no memory: who holds a lease can make room.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], ARGV[1])
return before
