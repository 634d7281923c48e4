-- A message for a browser, once a message id, kept 24 h. KEYS: outbox, known. ARGV: message, address id, now in ms.
local position = redis.call('GET', KEYS[2])
if position then return position end
position = redis.call('XADD', KEYS[1], '*', 'm', ARGV[1])
redis.call('XTRIM', KEYS[1], 'MINID', '~', tonumber(ARGV[3]) - 86400000)
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('SET', KEYS[2], position, 'EX', 86400)
redis.call('PUBLISH', 'web', ARGV[2])
return position
