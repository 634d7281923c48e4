-- An agent's words, once a client id. Fence: the conversation is this agent's now. KEYS: conv, said. ARGV: tag, conversation, agent,
-- message id, route, message, choices or "", then kind, moment, body of the log.
local said = redis.call('GET', KEYS[2])
if said then return said end
if not owner_is(KEYS[1], 'agent', ARGV[3]) then return false end
redis.call('SET', KEYS[2], ARGV[4], 'EX', 172800)
redis.call('XADD', ARGV[1] .. ':out:' .. ARGV[5], '*', 'm', ARGV[6])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'choices', ARGV[7]) end
redis.call('HDEL', KEYS[1], 'unanswered')
log(ARGV[1], ARGV[2], {ARGV[8], ARGV[9], ARGV[10]})
wake(ARGV[1])
return ARGV[4]
