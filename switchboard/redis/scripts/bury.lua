-- Takes an entry that cannot even be read out of the lane. Fences: the lease is still the caller's; the entry is still there.
-- KEYS: lease, in. ARGV: token, tag, conversation, entry, what is kept, cutoff in ms, then kind, moment, body of the log.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if redis.call('XDEL', KEYS[2], ARGV[4]) == 0 then return 'gone' end
keep_aside(ARGV[2], ARGV[4], ARGV[5], ARGV[6])
log(ARGV[2], ARGV[3], {ARGV[7], ARGV[8], ARGV[9]})
return 'done'
