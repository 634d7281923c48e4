-- What became of one message that was on its way, once. Fences: the lease is still the caller's; the entry is still there.
-- KEYS: lease, out, conv. ARGV: token, tag, conversation, entry, quote id or "", "shown" or why the quote is void now, now in ms,
-- then kind, moment, body of the log.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if redis.call('XDEL', KEYS[2], ARGV[4]) == 0 then return 'gone' end
if ARGV[5] ~= '' then
  local quote = ARGV[2] .. ':quote:' .. ARGV[5]
  local now = redis.call('HMGET', quote, 'state', 'expires_ms')
  if ARGV[6] == 'shown' then
    if now[1] == 'issued' and tonumber(now[2]) > tonumber(ARGV[7]) then redis.call('HSET', quote, 'state', 'shown') end
  elseif now[1] == 'issued' or now[1] == 'shown' then
    redis.call('HSET', quote, 'state', 'void', 'reason', ARGV[6])
  end
end
log(ARGV[2], ARGV[3], {ARGV[8], ARGV[9], ARGV[10]})
return 'done'
