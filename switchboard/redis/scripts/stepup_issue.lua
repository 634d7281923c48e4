-- A fresh code in the place of an earlier one. A change of subscriber must find and end them all, hence the set.
-- KEYS: stepup, stepups. ARGV: seconds to keep, then fields.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[2], KEYS[1])
redis.call('EXPIRE', KEYS[2], 86400)
