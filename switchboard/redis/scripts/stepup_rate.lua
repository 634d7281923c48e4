-- May another code go to this number? KEYS: issues (sorted set of moments), lock. ARGV: now in ms. Records the issue when it may.
if redis.call('EXISTS', KEYS[2]) == 1 then return 'locked' end
local now = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 86400000)
if redis.call('ZCOUNT', KEYS[1], '(' .. (now - 60000), '+inf') > 0 then return 'too_soon' end
if redis.call('ZCARD', KEYS[1]) >= 10 then return 'too_many' end
if redis.call('ZCOUNT', KEYS[1], '(' .. (now - 3600000), '+inf') >= 5 then return 'too_many' end
redis.call('ZADD', KEYS[1], now, now)
redis.call('EXPIRE', KEYS[1], 86400)
return 'ok'
