-- Stores an offer; any other open one of the conversation ends. Issuing the same id again changes nothing.
-- KEYS: quote, conv. ARGV: tag, quote id, conversation, body (JSON), when it expires (ms), TTL of the record in ms.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
void_quote(ARGV[1], KEYS[2], 'replaced')
redis.call('HSET', KEYS[1], 'state', 'issued', 'conversation', ARGV[3], 'body', ARGV[4], 'expires_ms', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('HSET', KEYS[2], 'quote', ARGV[2])
return 1
