-- Keeps leases that are still the caller's. KEYS: leases, of one partition or more. ARGV: TTL in ms, number of routes, routes, tokens.
-- Returns for each {0} when lost, else {1, when the next timer is due ("" if none), number of conversations that agents hold, how many
-- entries and messages lie in its streams}.
local routes, told = tonumber(ARGV[2]), {}
for at, lease in ipairs(KEYS) do
  told[at] = {0}
  if redis.call('GET', lease) == ARGV[2 + routes + at] then
    local tag = string.sub(lease, 1, -7)  -- without ":lease"
    redis.call('PEXPIRE', lease, ARGV[1])
    local due = redis.call('ZRANGE', tag .. ':timers', 0, 0, 'WITHSCORES')
    local waiting = redis.call('XLEN', tag .. ':in')
    for route = 3, 2 + routes do waiting = waiting + redis.call('XLEN', tag .. ':out:' .. ARGV[route]) end
    told[at] = {1, due[2] or '', redis.call('HLEN', tag .. ':talks'), waiting}
  end
end
return told
