-- Ends an offer that is still open. KEYS: quote, conv. ARGV: conversation, quote id, reason.
local quote = redis.call('HMGET', KEYS[1], 'state', 'conversation')
if quote[2] ~= ARGV[1] or (quote[1] ~= 'issued' and quote[1] ~= 'shown') then return 0 end
redis.call('HSET', KEYS[1], 'state', 'void', 'reason', ARGV[3])
if redis.call('HGET', KEYS[2], 'quote') == ARGV[2] then redis.call('HDEL', KEYS[2], 'quote', 'quote_form') end
return 1
