-- A bucket that many gateways draw from after the event: each tells what it let through. Returns for how long (ms) it may let nothing
-- through. KEYS: bucket. ARGV: let through, size of the bucket, what flows in per second, now in ms.
local used, size, per_s, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local stored = redis.call('HMGET', KEYS[1], 'left', 'at_ms')
local left = tonumber(stored[1] or size) + math.max(0, now - tonumber(stored[2] or now)) / 1000 * per_s
left = math.min(size, left) - used
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at_ms', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((size - left) / per_s * 1000) + 1000)
return left < 0 and math.ceil(-left / per_s * 1000) or 0
