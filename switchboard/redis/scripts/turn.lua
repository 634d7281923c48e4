-- "Turn, once": the events and the finished result are written together or not at all. Fences: the lease is still the one the turn was
-- started under; nobody stored events since this turn loaded them; the message was not answered yet.
-- KEYS: lease, conv, events, snapshot, turn. ARGV: token, count loaded, events (JSON), how many, snapshot or "", result (JSON).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'token' end
if redis.call('EXISTS', KEYS[5]) == 1 then return 'answered' end
if (redis.call('HGET', KEYS[2], 'events') or '0') ~= ARGV[2] then return 'count' end
redis.call('HINCRBY', KEYS[2], 'events', ARGV[4])
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('LTRIM', KEYS[3], -60, -1)
if ARGV[5] ~= '' then redis.call('SET', KEYS[4], ARGV[5]) end
redis.call('SET', KEYS[5], ARGV[6], 'EX', 604800)  -- the commit gives it its 48 hours; an owner who came meanwhile makes none
return 'done'
