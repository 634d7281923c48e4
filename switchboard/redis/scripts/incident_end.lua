-- Ends an outage, once: it moves from the open ones to those whose followers are still to be told.
-- KEYS: open, ended, story. ARGV: id, channel and words that wake the desk, then fields of the story.
local body = redis.call('HGET', KEYS[1], ARGV[1])
if not body then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], body)
redis.call('XADD', KEYS[3], 'MAXLEN', 10000, '*', unpack(ARGV, 4))
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
