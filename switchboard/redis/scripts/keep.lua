-- The first answer of a write stays; the log hears of it where it is told to. KEYS: once. ARGV: answer, TTL in s, tag, conversation, then
-- perhaps kind, moment, body of the log.
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return 0 end
if ARGV[5] then log(ARGV[3], ARGV[4], {ARGV[5], ARGV[6], ARGV[7]}) end
return 1
