-- Somebody wants to be told when an outage is over. KEYS: open, followers. ARGV: id, conversation, who (JSON).
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
