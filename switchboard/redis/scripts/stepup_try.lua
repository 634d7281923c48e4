-- Counts a try against a number before the code is looked at, so that guesses in parallel cannot outrun the lock.
-- KEYS: tries, lock. Returns 1 when this try may be made.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local tries = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], 900)
if tries > 5 then
  redis.call('SET', KEYS[2], 1, 'EX', 900)
  redis.call('DEL', KEYS[1])
  return 0
end
return 1
