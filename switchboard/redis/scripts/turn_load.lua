-- What a turn begins with, as of one moment. KEYS: conv, events, snapshot. ARGV: how many of the latest turns.
return {redis.call('GET', KEYS[3]), redis.call('LRANGE', KEYS[2], -tonumber(ARGV[1]), -1), redis.call('HGET', KEYS[1], 'events')}
