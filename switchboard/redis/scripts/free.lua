-- Which partitions the caller could take. KEYS: leases, of one partition or more. ARGV: beginning of the tokens that may be replaced. Returns
-- their places among KEYS.
local free = {}
for at, lease in ipairs(KEYS) do
  local token = redis.call('GET', lease)
  if not token or string.sub(token, 1, #ARGV[1]) == ARGV[1] then free[#free + 1] = at end
end
return free
