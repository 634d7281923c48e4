-- Switches something off, or on where the body is "": the act and its line in the story are one step.
-- KEYS: off, story. ARGV: kind:name, body or "", channel and words that wake the desk, then fields of the story.
if ARGV[2] == '' then
  if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('XADD', KEYS[2], 'MAXLEN', 10000, '*', unpack(ARGV, 5))
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
