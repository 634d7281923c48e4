-- Stores the items of one partition, or none: a full partition refuses all of them; a known id (48 h) is not stored again.
-- KEYS: in. ARGV: tag, cap, number of secrets, then (key, sealed) a secret, then (id, conversation, item, trace) an item.
local tag, cap, secrets = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local first = 4 + secrets * 2
local fresh, count = {}, 0
for at = first, #ARGV, 4 do
  local is_new = redis.call('EXISTS', tag .. ':seen:' .. ARGV[at]) == 0
  fresh[#fresh + 1] = is_new and 1 or 0
  if is_new then count = count + 1 end
end
if count == 0 then return fresh end
if redis.call('XLEN', KEYS[1]) + count > cap then return 'full' end
for at = 4, first - 1, 2 do redis.call('SET', ARGV[at], ARGV[at + 1], 'EX', 600) end
for at = first, #ARGV, 4 do
  if redis.call('SET', tag .. ':seen:' .. ARGV[at], 1, 'NX', 'EX', 172800) then
    redis.call('XADD', KEYS[1], '*', 'i', ARGV[at + 2], 'c', ARGV[at + 1], 't', ARGV[at + 3])
  end
end
wake(tag)
return fresh
