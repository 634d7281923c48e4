-- A hand-off ends or goes back to the queue. Fence: the conversation is this agent's now. KEYS: conv, queue, talks. ARGV: tag, conversation,
-- agent, "bot" or "queue", fields of the hand-off (JSON list), event for the lane or "", route, message or "", waiting timer or "",
-- when it is due (ms), then kind, moment, body a log entry.
if not owner_is(KEYS[1], 'agent', ARGV[3]) then return 0 end
local handoff = redis.call('HGET', KEYS[1], 'handoff')
local record = ARGV[1] .. ':handoff:' .. handoff
redis.call('HSET', record, unpack(cjson.decode(ARGV[5])))
redis.call('HDEL', KEYS[3], ARGV[2])
void_quote(ARGV[1], KEYS[1], 'handed_over')
redis.call('HSET', KEYS[1], 'owner', ARGV[4], 'agent', '')
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HDEL', KEYS[1], 'choices')
if ARGV[4] == 'queue' then
  redis.call('ZADD', KEYS[2], redis.call('HGET', record, 'score'), ARGV[2])
  later(ARGV[1], ARGV[2] .. '|switchboard_waiting', ARGV[10], ARGV[9])
else
  redis.call('HSET', KEYS[1], 'handoff', '')
end
if ARGV[8] ~= '' then redis.call('XADD', ARGV[1] .. ':out:' .. ARGV[7], '*', 'm', ARGV[8]) end
if ARGV[6] ~= '' then bring(ARGV[1], ARGV[2], ARGV[6], '') end
for at = 11, #ARGV, 3 do log(ARGV[1], ARGV[2], {ARGV[at], ARGV[at + 1], ARGV[at + 2]}) end
wake(ARGV[1])
return 1
