-- An agent becomes the owner: out of the queue, or out of the bot's hands. Fence: no other agent holds it. The new epoch drops what the bot
-- still has under way. KEYS: conv, queue, talks. ARGV: tag, conversation, agent, new hand-off id, now in ms, route, message or "",
-- then kind, moment, body a log entry.
local was = redis.call('HMGET', KEYS[1], 'owner', 'agent', 'handoff')
if was[1] == 'agent' then return was[2] == ARGV[3] and 'mine' or 'other' end
local handoff = was[3]
if not handoff or handoff == '' then handoff = ARGV[4] end
local record = ARGV[1] .. ':handoff:' .. handoff
redis.call('HSETNX', record, 'since_ms', ARGV[5])
redis.call('HSETNX', record, 'score', ARGV[5])
redis.call('HSETNX', record, 'conversation', ARGV[2])
redis.call('HSET', record, 'state', 'human', 'agent', ARGV[3], 'accepted_ms', ARGV[5])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
void_quote(ARGV[1], KEYS[1], 'taken_over')
redis.call('HSET', KEYS[1], 'owner', 'agent', 'agent', ARGV[3], 'handoff', handoff)
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HDEL', KEYS[1], 'choices')
each_of(ARGV[1], ARGV[2], 'PERSIST')
cancel(ARGV[1], ARGV[2] .. '|switchboard_waiting')
if ARGV[7] ~= '' then redis.call('XADD', ARGV[1] .. ':out:' .. ARGV[6], '*', 'm', ARGV[7]) end
for at = 8, #ARGV, 3 do log(ARGV[1], ARGV[2], {ARGV[at], ARGV[at + 1], ARGV[at + 2]}) end
wake(ARGV[1])
return 'taken'
