-- Everything that changes a partition, in one atomic step: appends, checks, seeds and removals.
--
-- A request decides everything first and writes second: a script that fails half way is not undone. The first write is
-- one that Redis refuses where it refuses any (out of memory, a replica, too few replicas), so that then none is done. Where
-- it only removes, that is one which a full Redis takes: it frees memory, and Redis then takes the rest of the script, too.
--
-- Keys, all with the partition's hash tag in their prefix (`hs:{p07}:`):
--   d          hash    ''       the partition: msgpack [sequence, generation, replication id, past]; the past is its
--                              earlier generations as `generation@its last sequence;...`, the newest first
--                      <id>     a channel: msgpack [next, schema hash, capacity, epoch, generation, lineage, settings, last time]
--   s          hash    <hash>   the schema whose content hash that is
--   c:<id>     stream  one entry a block, its id `<offset after its last row>-<n>`:
--                      h msgpack [epoch, offset, count, schema hash, settings, publisher, sequence], p the rows
--   n:<node>   hash    n the node's last call, r the reply to it
--   q:<publisher>:<id>  msgpack [sequence, epoch, offset, count]: the publisher's last block
--
-- ARGV[1]  msgpack [prefix, node, call, retry seconds, tick, operations]; call 0 is one whose reply need not be remembered;
--          a tick is told to every node, also where nothing changed
-- ARGV[i]  the rows of operation i - 1, '' where it has none
-- operations, each of another channel; `held` is the epoch that the node stands on, '' for none:
--   ['a', id, held, base hash, hash, schema or '', count, capacity, publisher or '', sequence, settings or '', last time or '']
--   ['c', id, held]
--   ['s', id, held, lineage, expected epoch or '', next, hash, schema, capacity, settings, last time or '',
--    [[offset, count, hash, bytes], ...], [[publisher, sequence, epoch, offset, count], ...]]
--        a ring of the node's, as the past of a new epoch: accepted where the channel is still missing, or still in the
--        epoch expected; its rows are one block after the other; what their publishers were answered comes with them
--   ['r', id, epoch, next or -1]
--
-- Reply: msgpack [generation, sequence, results]; or ['late'] for a call that came after a later one. Results:
--   ['ok', epoch, next, hash, lineage, capacity, settings, last time, offset]   offset: of the block's first row, appends only
--   ['stale', ... the same ..., schema]    appended nothing: validated against another schema than the channel's
--   ['again', epoch, offset, count]        the publisher's block was taken before, here
--   ['old', sequence]                      the publisher's later block was taken before; nothing was written
--   ['gone']                               the channel is not there, and the partition was once where the epoch that the node
--                                          holds began: it was removed since
--   ['empty']                              it is not there, and nothing is known of that epoch: it was lost
--   ['foreign', ... as ok ...]             the epoch that the node holds is not one of this channel's
--   ['kept']                               not removed: it is in another epoch, or has further rows
--
-- Message on `m`: msgpack [1, generation, sequence, node, call, blocks]; a block is
--   ['a', id, epoch, offset, count, hash, capacity, settings, last time, publisher, sequence, schema or '', rows], ['s', id, epoch]
--   for a channel that was seeded, or ['r', id, epoch] for one that was removed.
-- A tick of a partition in which nothing happened is [3, generation, sequence of the message before].
-- Nodes, too, publish there: [2, id] asks whoever keeps the ring of a channel to check it.

local MAX_LINEAGE = 1000 -- Characters of a channel's: 25 epochs or more.
local MAX_PAST = 4000 -- Characters of a partition's: about 130 generations.
local REPLY_SECONDS = 300
local MAX_UNPACKED = 4000 -- Lua's stack takes 8,000 values.

local request = cmsgpack.unpack(ARGV[1])
local prefix, node, call, retrySeconds, isTick, operations = request[1], request[2], request[3], request[4], request[5], request[6]
local directory, schemas, calls = prefix .. 'd', prefix .. 's', prefix .. 'n:' .. node

-- Lua writes numbers of more than 14 digits with an exponent.
local function text(number)
  return string.format('%d', number)
end

-- What led to now, with how far it went before it. The oldest is forgotten first.
local function extend(name, last, before, most)
  local longer = name .. '@' .. text(last) .. (before == '' and '' or ';' .. before)
  while #longer > most and string.find(longer, ';') do
    longer = string.match(longer, '^(.*);[^;]*$')
  end
  return longer
end

-- A key that somebody wrote with another type would fail every call for ever; what it held of ours is gone already.
local function heal(key, ...)
  local result = redis.pcall(...)
  if type(result) == 'table' and result.err then
    if not string.find(result.err, 'WRONGTYPE') then
      return error(result.err)
    end
    redis.call('DEL', key)
    result = redis.call(...)
  end
  return result
end

-- A record, whose first part is a number; none where somebody else wrote something into its place.
local function read(bytes, parts)
  local isRead, record = pcall(cmsgpack.unpack, bytes or '')
  return isRead and type(record) == 'table' and #record == parts and type(record[1]) == 'number' and record or nil
end

-- 1. A call that was answered before.
if call > 0 then
  local last = heal(calls, 'HMGET', calls, 'n', 'r')
  if last[1] and tonumber(last[1]) == call then
    return last[2]
  end
  if last[1] and tonumber(last[1]) > call then
    return cmsgpack.pack({ 'late' })
  end
end

-- 2. The partition, and a new generation where the primary has another history than the one that wrote last.
local fields = { '' }
for i, operation in ipairs(operations) do
  fields[i + 1] = operation[2]
end
local stored = heal(directory, 'HMGET', directory, unpack(fields))
local partition = read(stored[1], 4) or { 0, '', '', '' }
local sequence = partition[1] + 1
local generation, past = partition[2], partition[4]
local replication = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
local isNewGeneration = partition[3] ~= replication
if isNewGeneration then
  past = generation == '' and '' or extend(generation, partition[1], past, MAX_PAST)
  local now = redis.call('TIME')
  generation = string.sub(replication, 1, 8) .. string.format('%x', math.floor(now[1] / 65536)) .. string.format('%04x', now[1] % 65536) .. string.format('%05x', now[2])
end
local epoch = generation .. '.' .. text(sequence)

-- 3. What becomes of each operation.
local changed, streams, messages, retries, removed, bodies, results = {}, {}, {}, {}, {}, {}, {}

local function state(status, record, ...)
  return { status, record[4], record[1], record[2], record[6], record[3], record[7], record[8], ... }
end

-- A channel's epoch changes with the generation, when somebody next asks for it. Its lineage says how far it went.
local function renew(id, record)
  if record[5] == generation then
    return
  end
  record[4], record[5], record[6] = epoch, generation, extend(record[4], record[1], record[6], MAX_LINEAGE)
  changed[id] = record
end

local function isKnown(record, held)
  return held == '' or held == record[4] or string.find(';' .. record[6], ';' .. held .. '@', 1, true) ~= nil
end

-- Whether the partition was once where an epoch began, and has kept what it had then.
local function isPast(held)
  local of, began = string.match(held, '^(%w+)%.(%d+)r?$')
  local ended = of and string.match(';' .. past, ';' .. of .. '@(%d+)')
  return of == generation or (ended and tonumber(began) <= tonumber(ended))
end

-- Of a channel that is not there: who holds an epoch of the past was not told that it was removed, however long ago.
local function missing(held)
  return { isPast(held) and 'gone' or 'empty' }
end

local function append(i, id, base, hash, schema, count, capacity, publisher, number, settings, lastTime, record)
  if publisher ~= '' then
    local key = prefix .. 'q:' .. publisher .. ':' .. id
    local last = heal(key, 'GET', key)
    last = read(last, 4)
    if last and last[1] == number then
      return { 'again', last[2], last[3], last[4] }
    elseif last and last[1] > number then
      return { 'old', last[1] }
    end
  end
  if base ~= record[2] then
    return state('stale', record, (record[2] ~= '' and heal(schemas, 'HGET', schemas, record[2])) or '')
  end

  local offset = record[1]
  record[1], record[2] = offset + count, hash
  if settings ~= '' or record[3] == 0 then
    record[3], record[7] = capacity, settings
  end
  if lastTime ~= '' then
    record[8] = lastTime
  end
  changed[id] = record
  if schema ~= '' then
    bodies[hash] = schema
  end
  if publisher ~= '' then
    retries[prefix .. 'q:' .. publisher .. ':' .. id] = { number, record, offset, count }
  end
  streams[#streams + 1] = { i, id, record, offset, count, { settings, publisher, number } }
  messages[#messages + 1] = { 'a', id, record[4], offset, count, hash, record[3], settings, lastTime, publisher, number, schema, ARGV[i + 1] }
  return state('ok', record, offset)
end

-- A publisher's later answer is not replaced by an earlier one.
local function remember(id, publisher, number, in_epoch, offset, count)
  local key = prefix .. 'q:' .. publisher .. ':' .. id
  local last = read(heal(key, 'GET', key), 4)
  if not last or last[1] < number then
    retries[key] = { number, in_epoch, offset, count }
  end
end

local function seed(i, id, held, lineage, expected, next, hash, schema, capacity, settings, lastTime, entries, publishers, record)
  if (record and record[4] or '') ~= expected or (not record and isPast(held)) then
    return record and state('foreign', record) or missing(held)
  end
  record = { next, hash, capacity, epoch, generation, extend(held, next, lineage, MAX_LINEAGE), settings, lastTime }
  changed[id], bodies[hash] = record, schema
  for _, one in ipairs(publishers) do
    remember(id, one[1], one[2], one[3], one[4], one[5])
  end
  streams[#streams + 1] = { i, id, record, -1, entries }
  messages[#messages + 1] = { 's', id, epoch }
  return state('ok', record)
end

for i, operation in ipairs(operations) do
  local kind, id, held = operation[1], operation[2], operation[3]
  local record = read(stored[i + 1], 8)
  if record and kind ~= 'r' then
    renew(id, record)
  end
  if kind == 's' then
    results[i] = seed(i, id, held, operation[4], operation[5], operation[6], operation[7], operation[8], operation[9], operation[10], operation[11], operation[12], operation[13], record)
  elseif not record and (held ~= '' or kind ~= 'a') then
    results[i] = missing(held)
  elseif record and not isKnown(record, held) then
    results[i] = state('foreign', record)
  elseif kind == 'a' then
    record = record or { 0, '', 0, epoch, generation, '', '', '' }
    results[i] = append(i, id, operation[4], operation[5], operation[6], operation[7], operation[8], operation[9], operation[10], operation[11], operation[12], record)
  elseif kind == 'c' then
    results[i] = state('ok', record)
  elseif operation[4] >= 0 and operation[4] ~= record[1] then
    results[i] = { 'kept' }
  else
    changed[id], removed[id] = nil, true
    messages[#messages + 1] = { 'r', id, record[4] }
    results[i] = state('ok', record)
  end
end

-- 4. The writes: removals, which no call makes together with appends or seeds, and then the directory before all others.
if #messages == 0 and not isNewGeneration and next(changed) == nil then
  if isTick then
    redis.call('PUBLISH', prefix .. 'm', cmsgpack.pack({ 3, generation, partition[1] }))
  end
  return cmsgpack.pack({ generation, partition[1], results })
end
for id in pairs(removed) do
  redis.call('HDEL', directory, id)
  redis.call('DEL', prefix .. 'c:' .. id)
end
redis.call('HSET', directory, '', cmsgpack.pack({ sequence, generation, replication, past }))

for _, entry in ipairs(streams) do
  local i, id, record, offset = entry[1], entry[2], entry[3], entry[4]
  local key = prefix .. 'c:' .. id
  if offset < 0 then
    redis.call('DEL', key)
    local from = 1
    for _, one in ipairs(entry[5]) do
      local head = cmsgpack.pack({ record[4], one[1], one[2], one[3], '', '', 0 })
      redis.call('XADD', key, text(one[1] + one[2]) .. '-*', 'h', head, 'p', string.sub(ARGV[i + 1], from, from + one[4] - 1))
      from = from + one[4]
    end
  else
    local settings, publisher, number = entry[6][1], entry[6][2], entry[6][3]
    local head = cmsgpack.pack({ record[4], offset, entry[5], record[2], settings, publisher, number })
    local oldest = math.max(0, record[1] - record[3] + 1)
    local added = redis.pcall('XADD', key, 'MINID', '~', text(oldest), text(record[1]) .. '-*', 'h', head, 'p', ARGV[i + 1])
    if type(added) == 'table' and added.err then
      -- The stream is no stream, or goes further than the directory says: what is in it is not this channel's past, and
      -- nodes may have read it. A new epoch makes them go back to where the directory is.
      redis.call('DEL', key)
      record[6] = extend(record[4], offset, record[6], MAX_LINEAGE)
      record[4] = epoch .. 'r'
      results[i] = state('ok', record, offset)
      for _, message in ipairs(messages) do
        if message[2] == id then
          message[3] = record[4]
        end
      end
      head = cmsgpack.pack({ record[4], offset, entry[5], record[2], settings, publisher, number })
      redis.call('XADD', key, text(record[1]) .. '-*', 'h', head, 'p', ARGV[i + 1])
    end
  end
end
local records = {}
for id, record in pairs(changed) do
  records[#records + 1], records[#records + 2] = id, cmsgpack.pack(record)
  if #records >= MAX_UNPACKED then
    redis.call('HSET', directory, unpack(records))
    records = {}
  end
end
if #records > 0 then
  redis.call('HSET', directory, unpack(records))
end
for hash, schema in pairs(bodies) do
  heal(schemas, 'HSET', schemas, hash, schema)
end
for key, last in pairs(retries) do
  -- The record of a block's channel, whose epoch may have become another since.
  if type(last[2]) == 'table' then
    last[2] = last[2][4]
  end
  redis.call('SET', key, cmsgpack.pack(last), 'EX', retrySeconds)
end

-- 5. The message and the reply. One without blocks still tells the others of a new generation.
redis.call('PUBLISH', prefix .. 'm', cmsgpack.pack({ 1, generation, sequence, node, call, messages }))
local reply = cmsgpack.pack({ generation, sequence, results })
if call > 0 then
  heal(calls, 'HSET', calls, 'n', call, 'r', reply)
  redis.call('EXPIRE', calls, REPLY_SECONDS)
end
return reply
