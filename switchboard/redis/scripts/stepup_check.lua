-- One look at the code; the right one burns it. The same message gets the same answer again.
-- KEYS: stepup, answer. ARGV: HMAC of the typed code, now in ms, number of the person (HMAC).
local answer = redis.call('HMGET', KEYS[2], 'answer', 'facts')
if answer[1] then return {answer[1], answer[2]} end
local stored = redis.call('HMGET', KEYS[1], 'code', 'facts', 'expires_ms', 'number')
local result, facts = 'wrong', '{}'
if not stored[1] or stored[4] ~= ARGV[3] then result = 'none'
elseif tonumber(stored[3]) <= tonumber(ARGV[2]) then result = 'expired'
elseif stored[1] == ARGV[1] then
  result, facts = 'ok', stored[2]
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[2], 'answer', result, 'facts', facts)
redis.call('EXPIRE', KEYS[2], 172800)
return {result, facts}
