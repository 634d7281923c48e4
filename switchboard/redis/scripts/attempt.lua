-- Counts an attempt before it starts; -1 takes it back when nothing could be reached. KEYS: lease, tries. ARGV: token, entry, 1 or -1.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local count = redis.call('HINCRBY', KEYS[2], ARGV[2], ARGV[3])
if count < 0 then redis.call('HSET', KEYS[2], ARGV[2], 0) return 0 end
return count
