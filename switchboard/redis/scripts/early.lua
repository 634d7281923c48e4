-- One word while an entry is still being worked on, once an entry. KEYS: lease, in, tries. ARGV: token, tag, conversation, entry, route,
-- message, then kind, moment, body of the log.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if not redis.call('XRANGE', KEYS[2], ARGV[4], ARGV[4])[1] then return 'gone' end
if redis.call('HSETNX', KEYS[3], ARGV[4] .. ':early', 1) == 0 then return 'gone' end
redis.call('XADD', ARGV[2] .. ':out:' .. ARGV[5], '*', 'm', ARGV[6])
log(ARGV[2], ARGV[3], {ARGV[7], ARGV[8], ARGV[9]})
wake(ARGV[2])
return 'done'
