-- Says that a worker lives. KEYS: workers. ARGV: its name, for how long (ms). Returns how many live, and in how many ms the first of the
-- others counts as dead unless it speaks again (-1 where there is no other). By Redis' clock: those of machines may differ.
local time = redis.call('TIME')
local now, unheard = time[1] * 1000 + math.floor(time[2] / 1000), -1
-- First what needs no memory, so that a Redis that is full goes on to the end.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local first = redis.call('ZRANGE', KEYS[1], 0, 1, 'WITHSCORES')
for at = 1, #first, 2 do
  if unheard < 0 and first[at] ~= ARGV[1] then unheard = first[at + 1] - now end
end
return {redis.call('ZCARD', KEYS[1]), unheard}
