-- Ends a quarantine, once: the entry goes back to its lane ("bring") or is forgotten. KEYS: quarantine, in.
-- ARGV: tag, entry, "bring" or "", then kind, moment, body of the log.
local kept = redis.call('HGET', KEYS[1], ARGV[2])
if not kept then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
local was = cjson.decode(kept)
if ARGV[3] == 'bring' then bring(ARGV[1], was.conversation, was.item, was.trace) end
log(ARGV[1], was.conversation, {ARGV[4], ARGV[5], ARGV[6]})
return 1
