-- What lies in streams behind cursors. KEYS: streams. ARGV: how many at most of each, cursors ("0" for the beginning).
local found = {}
for at, stream in ipairs(KEYS) do
  local cursor = ARGV[1 + at]
  found[at] = redis.call('XRANGE', stream, cursor == '0' and '-' or '(' .. cursor, '+', 'COUNT', ARGV[1])
end
return found
