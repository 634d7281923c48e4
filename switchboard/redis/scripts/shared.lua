-- In front of every script. `tag` is {pN}; keys that depend on stored values are built from it and stay in the same slot.
local function wake(tag)
  redis.call('PUBLISH', 'wake', string.match(tag, '%d+'))
end

local function log(tag, conversation, entry)  -- entry: {kind, moment, body as JSON}
  redis.call('XADD', tag .. ':log', '*', 'k', entry[1], 'c', conversation, 't', entry[2], 'b', entry[3])
end

local function bring(tag, conversation, item, trace)  -- a new entry for the lane
  redis.call('XADD', tag .. ':in', '*', 'i', item, 'c', conversation, 't', trace)
  wake(tag)
end

local function void_quote(tag, conv, reason)  -- the one open quote of a conversation
  local id = redis.call('HGET', conv, 'quote')
  if not id then return end
  local quote = tag .. ':quote:' .. id
  local state = redis.call('HGET', quote, 'state')
  if state == 'issued' or state == 'shown' then
    redis.call('HSET', quote, 'state', 'void', 'reason', reason)
  end
  redis.call('HDEL', conv, 'quote', 'quote_form')
end

local function later(tag, key, due_ms, value)  -- value: {conversation, item, trace} as JSON; replaces a timer of the same key
  redis.call('ZADD', tag .. ':timers', due_ms, key)
  redis.call('HSET', tag .. ':timer', key, value)
end

local function cancel(tag, key)
  redis.call('ZREM', tag .. ':timers', key)
  redis.call('HDEL', tag .. ':timer', key)
end

local function each_of(tag, conversation, command, ...)  -- EXPIRE or PERSIST what a conversation is kept in
  for _, kind in ipairs({':conv:', ':events:', ':snapshot:'}) do redis.call(command, tag .. kind .. conversation, ...) end
end

local function keep_aside(tag, entry, kept, cutoff_ms)  -- a quarantined entry; of a partition 200 stay, none older than the cutoff
  local key = tag .. ':quarantine'
  redis.call('HSET', key, entry, kept)
  redis.call('EXPIRE', key, 2592000)
  local known, arrived = redis.call('HKEYS', key), function(id) return tonumber(string.match(id, '^%d+')) or 0 end
  table.sort(known, function(a, b) return arrived(a) < arrived(b) end)
  for n, id in ipairs(known) do
    if n <= #known - 200 or arrived(id) < tonumber(cutoff_ms) then redis.call('HDEL', key, id) end
  end
end

-- A message for a browser, once a message id, kept 24 h; its position.
local function put_web(tag, conversation, id, message, address, now_ms)
  local outbox, known = tag .. ':web:' .. conversation, tag .. ':webid:' .. conversation .. ':' .. id
  local position = redis.call('GET', known)
  if position then return position end
  position = redis.call('XADD', outbox, '*', 'm', message)
  redis.call('XTRIM', outbox, 'MINID', '~', tonumber(now_ms) - 86400000)
  redis.call('EXPIRE', outbox, 86400)
  redis.call('SET', known, position, 'EX', 86400)
  redis.call('PUBLISH', 'web', address)
  return position
end

local function last_place(tag)  -- in the log of what people say
  local about = redis.pcall('XINFO', 'STREAM', tag .. ':in')
  for n = 1, #about, 2 do
    if about[n] == 'last-generated-id' then return about[n + 1] end
  end
  return '0-0'
end

-- The channel took the message that shows it. `after` is the last place of the log when the channel was handed it, '' for
-- now: what lies there was said before anybody could see the offer.
local function show_quote(tag, id, now_ms, after)
  local quote = tag .. ':quote:' .. id
  local now = redis.call('HMGET', quote, 'state', 'expires_ms')
  if now[1] ~= 'issued' or tonumber(now[2]) <= tonumber(now_ms) then return end
  redis.call('HSET', quote, 'state', 'shown', 'shown_after', after ~= '' and after or last_place(tag))
end

local function owner_is(conv, owner, agent)
  local now = redis.call('HMGET', conv, 'owner', 'agent')
  return (now[1] or 'bot') == owner and (agent == '' or now[2] == agent)
end

