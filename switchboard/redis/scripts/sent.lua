-- What became of one message that was on its way, once. Fences: the lease is still the caller's; the entry is still there.
-- KEYS: lease, out, conv. ARGV: token, tag, conversation, entry, quote id or "", "shown" or why the quote is void now, now in ms,
-- the last place of the log when the channel was handed the message or "", then kind, moment, body of the log.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if redis.call('XDEL', KEYS[2], ARGV[4]) == 0 then return 'gone' end
if ARGV[5] ~= '' then
  local quote = ARGV[2] .. ':quote:' .. ARGV[5]
  local state = redis.call('HGET', quote, 'state')
  if ARGV[6] == 'shown' then
    show_quote(ARGV[2], ARGV[5], ARGV[7], ARGV[8])
  elseif state == 'issued' or state == 'shown' then
    redis.call('HSET', quote, 'state', 'void', 'reason', ARGV[6])
  end
end
log(ARGV[2], ARGV[3], {ARGV[9], ARGV[10], ARGV[11]})
return 'done'
