-- shown → consumed, by one message; the same message may ask again, but not when the number is another subscriber's by now.
-- KEYS: quote, conv. ARGV: conversation, quote id, message id, now in ms.
local quote = redis.call('HMGET', KEYS[1], 'state', 'conversation', 'expires_ms', 'consumed_by', 'body')
if quote[2] ~= ARGV[1] then return 0 end
local whose = cjson.decode(quote[5]).subscriber_id
if whose and whose ~= redis.call('HGET', KEYS[2], 'subscriber') then return 0 end
if quote[1] == 'consumed' then return quote[4] == ARGV[3] and 1 or 0 end
if quote[1] ~= 'shown' or tonumber(quote[3]) <= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], 'state', 'consumed', 'consumed_by', ARGV[3])
if redis.call('HGET', KEYS[2], 'quote') == ARGV[2] then redis.call('HDEL', KEYS[2], 'quote', 'quote_form') end
return 1
