-- Binds an Address to a number, or unbinds it. Another subscriber than before (or none) ends the generation: whoever comes after never
-- sees what was there. KEYS: conv, events, snapshot. ARGV: tag, conversation, subscriber ("" unbinds), binding (JSON), region, reason,
-- then kind, moment, body of the log, address (JSON) or "", the message that proved it or "".
local before = redis.call('HGET', KEYS[1], 'subscriber')
if before and before ~= '' and before ~= ARGV[3] then
  void_quote(ARGV[1], KEYS[1], ARGV[6])
  redis.call('HDEL', KEYS[1], 'choices', 'context', 'region', 'marketing', 'unanswered')
  redis.call('HSET', KEYS[1], 'events', 0)
  redis.call('HINCRBY', KEYS[1], 'generation', 1)
  redis.call('DEL', KEYS[2], KEYS[3], ARGV[1] .. ':web:' .. ARGV[2])
  local cursor = '0'
  repeat -- what was to be told later; a place in the queue is the Address's own
    local found = redis.call('ZSCAN', ARGV[1] .. ':timers', cursor, 'MATCH', ARGV[2] .. '|*', 'COUNT', 1000)
    cursor = found[1]
    for n = 1, #found[2], 2 do
      if found[2][n] ~= ARGV[2] .. '|switchboard_waiting' then cancel(ARGV[1], found[2][n]) end
    end
  until cursor == '0'
  local stepups = redis.call('SMEMBERS', ARGV[1] .. ':stepups:' .. ARGV[2])
  for _, key in ipairs(stepups) do redis.call('DEL', key) end
end
if ARGV[3] == '' and (not before or before == '') then return 0 end
if ARGV[10] ~= '' then redis.call('HSETNX', KEYS[1], 'address', ARGV[10]) end
redis.call('HSET', KEYS[1], 'subscriber', ARGV[3], 'binding', ARGV[4], 'bound_in', ARGV[11])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'region', ARGV[5]) end
each_of(ARGV[1], ARGV[2], 'PERSIST')
log(ARGV[1], ARGV[2], {ARGV[7], ARGV[8], ARGV[9]})
return 1
