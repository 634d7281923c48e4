-- Counts who reports the same fault from one place. KEYS: places, reports.
-- ARGV: place, conversation, now, since when it counts (ms), seconds to keep, how many are many, channel and words that wake the desk.
redis.call('SADD', KEYS[1], ARGV[1])
local new = redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[5])
local count = redis.call('ZCARD', KEYS[2])
if new == 1 and count == tonumber(ARGV[6]) then redis.call('PUBLISH', ARGV[7], ARGV[8]) end
return count
