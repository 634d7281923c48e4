-- Brings what is due into the lanes. KEYS: lease, timers, timer. ARGV: token, tag, now in ms.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3], 'LIMIT', 0, 100)
for _, key in ipairs(due) do
  local value = redis.call('HGET', KEYS[3], key)
  if value then
    local timer = cjson.decode(value)
    bring(ARGV[2], timer[1], timer[2], timer[3])
  end
  cancel(ARGV[2], key)
end
return #due
