-- Changes an outage that is still open. KEYS: open, story. ARGV: id, body, channel and words that wake the desk, then fields of the story.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', 10000, '*', unpack(ARGV, 5))
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
