// What it is: reservations in Redis, as a careful shop would write them: each step one atomic script.
//   a SKU       a hash of its name: on_hand, held, sold
//   a hold      a hash "hold:<id>": the cart, and a field for each SKU with its units
//   deadlines   a sorted set of hold ids by deadline in milliseconds
// A deadline is checked at COMMIT, so a late one is refused; units of an abandoned hold are back when the sweeper
// comes. Each script has few calls: what can be asked at once is asked at once.
#pragma once

namespace holdfast::load::redis_scripts {

// KEYS: the SKUs. ARGV: cart, TTL in ms, units of each SKU. Replies {id, TTL}.
inline constexpr const char* reserve = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local hold = {'cart', ARGV[1]}
for i = 1, #KEYS do
  local stock = redis.call('HMGET', KEYS[i], 'on_hand', 'held')
  if not stock[1] then return redis.error_reply('NOSKU sku=' .. KEYS[i]) end
  local available = stock[1] - stock[2]
  if available < tonumber(ARGV[2 + i]) then
    return redis.error_reply('OUTOFSTOCK sku=' .. KEYS[i] .. ' available=' .. available)
  end
  hold[2 * i + 1] = KEYS[i]
  hold[2 * i + 2] = ARGV[2 + i]
end
for i = 1, #KEYS do redis.call('HINCRBY', KEYS[i], 'held', ARGV[2 + i]) end
local id = tostring(redis.call('INCR', 'holds'))
redis.call('HSET', 'hold:' .. id, unpack(hold))
redis.call('ZADD', 'deadlines', now + ARGV[2], id)
return {id, tonumber(ARGV[2])}
)";

// KEYS: none. ARGV: id.
inline constexpr const char* commit = R"(
local hold = redis.call('HGETALL', 'hold:' .. ARGV[1])
if #hold == 0 then return redis.error_reply('NOHOLD id=' .. ARGV[1]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('ZSCORE', 'deadlines', ARGV[1])) <= now then
  return redis.error_reply('EXPIRED id=' .. ARGV[1])
end
for i = 1, #hold, 2 do
  if hold[i] ~= 'cart' then
    redis.call('HINCRBY', hold[i], 'held', -hold[i + 1])
    redis.call('HINCRBY', hold[i], 'on_hand', -hold[i + 1])
    redis.call('HINCRBY', hold[i], 'sold', hold[i + 1])
  end
end
redis.call('DEL', 'hold:' .. ARGV[1])
redis.call('ZREM', 'deadlines', ARGV[1])
return redis.status_reply('OK')
)";

// KEYS: none. ARGV: id. Replies the units that went back.
inline constexpr const char* release = R"(
local hold = redis.call('HGETALL', 'hold:' .. ARGV[1])
local units = 0
for i = 1, #hold, 2 do
  if hold[i] ~= 'cart' then
    redis.call('HINCRBY', hold[i], 'held', -hold[i + 1])
    units = units + hold[i + 1]
  end
end
redis.call('DEL', 'hold:' .. ARGV[1])
redis.call('ZREM', 'deadlines', ARGV[1])
return units
)";

// KEYS: none. ARGV: most holds. Replies how many it ended.
inline constexpr const char* sweep = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGE', 'deadlines', '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
if #due == 0 then return 0 end
local units = {}
for d = 1, #due do
  local key = 'hold:' .. due[d]
  local hold = redis.call('HGETALL', key)
  for i = 1, #hold, 2 do
    if hold[i] ~= 'cart' then units[hold[i]] = (units[hold[i]] or 0) + hold[i + 1] end
  end
  redis.call('DEL', key)
end
for sku, back in pairs(units) do redis.call('HINCRBY', sku, 'held', -back) end
redis.call('ZREMRANGEBYRANK', 'deadlines', 0, #due - 1)
return #due
)";

// KEYS: a SKU. ARGV: units. Forgets what was there; replies as reading does.
inline constexpr const char* set_stock = R"(
redis.call('HSET', KEYS[1], 'on_hand', ARGV[1], 'held', 0, 'sold', 0)
return {ARGV[1], '0', '0'}
)";

}  // namespace holdfast::load::redis_scripts
