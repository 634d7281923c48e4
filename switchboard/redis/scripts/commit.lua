-- Ends one entry, once. Fences: the lease is still the caller's; the owner is who the entry was routed by (epoch); the entry is still there.
-- KEYS: lease, in, conv. ARGV: token, tag, conversation, plan (JSON).
local tag, conversation, plan = ARGV[2], ARGV[3], cjson.decode(ARGV[4])
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if (redis.call('HGET', KEYS[3], 'epoch') or '0') ~= plan.epoch then
  if redis.call('XRANGE', KEYS[2], plan.entries[1], plan.entries[1])[1] then return 'moved' end
  return 'gone'
end
if redis.call('XDEL', KEYS[2], unpack(plan.entries)) == 0 then return 'gone' end
redis.call('HDEL', tag .. ':tries', unpack(plan.settled))
if plan.void then void_quote(tag, KEYS[3], plan.void) end
if #plan.fields > 0 then redis.call('HSET', KEYS[3], unpack(plan.fields)) end
-- Anybody can begin web conversations: those of nobody we know end some time after the last word, unless a human has them.
local who = redis.call('HMGET', KEYS[3], 'address', 'binding', 'owner')
local address = who[1] and cjson.decode(who[1]) or {}
if address.channel == 'web' and (who[2] or '') == '' and (who[3] or 'bot') == 'bot' then
  each_of(tag, conversation, 'EXPIRE', string.sub(address.id, 1, 5) == 'rest:' and 172800 or 2678400)
else
  each_of(tag, conversation, 'PERSIST')
end
-- Where people fetch their messages from Redis they are there now, unless earlier ones of the partition are still on their way.
local said = plan.here and redis.call('XLEN', tag .. ':out:' .. plan.out[1][1]) == 0
if not said then
  for _, out in ipairs(plan.out or {}) do redis.call('XADD', tag .. ':out:' .. out[1], '*', 'm', out[2]) end
end
for _, entry in ipairs(plan.log or {}) do log(tag, conversation, entry) end
if said then
  for n, out in ipairs(plan.out) do
    local id, quote = plan.here.messages[n][1], plan.here.messages[n][2]
    local position = put_web(tag, conversation, id, out[2], plan.here.address, plan.here.now_ms)
    if quote ~= '' then show_quote(tag, quote, plan.here.now_ms, '') end
    log(tag, conversation, {'sent', plan.here.at, cjson.encode({message = id, channel_ids = {position}})})
  end
end
if plan.quarantine then keep_aside(tag, plan.entries[1], plan.quarantine[1], plan.quarantine[2]) end
for _, timer in ipairs(plan.timers or {}) do
  local time = redis.call('TIME')
  local late_ms = time[1] * 1000 + math.floor(time[2] / 1000) - timer[2]
  if late_ms >= 0 and late_ms < 2000 then
    -- Due just now: it goes before what the person says next. What seems late for longer was set by a clock that is wrong.
    local what = cjson.decode(timer[3])
    cancel(tag, timer[1])
    bring(tag, what[1], what[2], what[3])
  else
    later(tag, timer[1], timer[2], timer[3])
  end
end
for _, key in ipairs(plan.cancel or {}) do cancel(tag, key) end
for _, id in ipairs(plan.turns or {}) do redis.call('EXPIRE', tag .. ':turn:' .. conversation .. ':' .. id, 172800) end
if plan.handoff then
  redis.call('HSET', tag .. ':handoff:' .. plan.handoff.id, unpack(plan.handoff.fields))
  redis.call('EXPIRE', tag .. ':handoff:' .. plan.handoff.id, 2592000)
  redis.call('ZADD', tag .. ':queue', plan.handoff.score, conversation)
end
if plan.unqueue then redis.call('ZREM', tag .. ':queue', conversation) end
if plan.out and not said then wake(tag) end
if plan.done then redis.call('PUBLISH', 'done:' .. conversation, plan.done) end
return said and 'said' or 'done'
