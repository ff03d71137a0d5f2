-- Shows Wireshark and tshark the messages of devnet's protocol: one JSON object each, however it is split over segments.
--
--   wireshark -X lua_script:docs/devnet.lua FILE.pcapng
--   tshark -X lua_script:docs/devnet.lua -r FILE.pcapng -Y devnet
--
-- Port 3000 is taken for the protocol, and on any other port a connection whose first bytes look like a message. Fields to
-- filter by: devnet.type, devnet.id, devnet.hops, devnet.payload, devnet.length, devnet.malformed.

local devnet = Proto("devnet", "devnet protocol")

local DEFAULT_PORT = 3000
-- Longest message that is put together from segments; a node accepts 1 MiB.
local MAX_MESSAGE_BYTES = 2 * 1024 * 1024
-- Longest payload that is shown in one field.
local MAX_SHOWN_BYTES = 200

local fields = {
  type = ProtoField.string("devnet.type", "Type"),
  id = ProtoField.string("devnet.id", "Id"),
  hops = ProtoField.uint32("devnet.hops", "Hops"),
  payload = ProtoField.string("devnet.payload", "Payload"),
  length = ProtoField.uint32("devnet.length", "Length"),
  malformed = ProtoField.string("devnet.malformed", "Not a message"),
}
devnet.fields = fields

local malformed_expert = ProtoExpert.new("devnet.not_json", "Not a message", expert.group.MALFORMED, expert.severity.WARN)
devnet.experts = { malformed_expert }

-- Returns the position after a string whose opening quote is at `at`; nil where it does not end.
local function after_string(text, at)
  local position = at + 1
  while true do
    local found = text:find('["\\]', position)
    if not found then return nil end
    if text:sub(found, found) == '"' then return found + 1 end
    position = found + 2
  end
end

-- Returns the position after an object or array that begins at `at`; nil where it does not end.
local function after_container(text, at)
  local depth, position = 0, at
  while true do
    local found = text:find('["{}%[%]]', position)
    if not found then return nil end
    local character = text:sub(found, found)
    if character == '"' then
      position = after_string(text, found)
      if not position then return nil end
    else
      depth = depth + ((character == "{" or character == "[") and 1 or -1)
      if depth == 0 then return found + 1 end
      position = found + 1
    end
  end
end

-- Returns the position after any value that begins at `at`.
local function after_value(text, at)
  local character = text:sub(at, at)
  if character == '"' then return after_string(text, at) end
  if character == "{" or character == "[" then return after_container(text, at) end
  return text:find("[,}%]%s]", at)
end

local ESCAPES = { n = "\n", t = "\t", r = "\r", b = "\b", f = "\f" }

-- Returns the text of a string with its quotes; escapes of other than ASCII characters stay as they are.
local function unquote(quoted)
  local inner = quoted:sub(2, -2)
  return (inner:gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    :gsub('\\([ntrbf"\\/])', function(letter) return ESCAPES[letter] or letter end))
end

-- Returns the members of an object by name, each as { first, after }: where its value begins and ends.
local function members(text, at)
  local found = {}
  local position = text:find("%S", at + 1)
  while position and text:sub(position, position) == '"' do
    local name_end = after_string(text, position)
    local colon = name_end and text:find("%S", name_end)
    if not colon or text:sub(colon, colon) ~= ":" then return nil end
    local first = text:find("%S", colon + 1)
    local after = first and after_value(text, first)
    if not after then return nil end
    -- The last of several members of one name counts, as in JSON.parse.
    found[unquote(text:sub(position, name_end - 1))] = { first = first, after = after }
    local separator = text:find("%S", after)
    if not separator then return nil end
    if text:sub(separator, separator) == "}" then return found end
    position = text:find("%S", separator + 1)
  end
  if position and text:sub(position, position) == "}" then return found end
  return nil
end

local function string_at(text, member)
  if not member then return nil end
  local value = text:sub(member.first, member.after - 1)
  return value:sub(1, 1) == '"' and unquote(value) or nil
end

-- Returns the blank line that ends whatever is in front of it: where it begins, and the position after it.
local function blank_line(text, at)
  local first, last = text:find("\r?\n[ \t]*\r?\n", at)
  return first, last and last + 1
end

local function shorten(text)
  if #text <= MAX_SHOWN_BYTES then return text end
  return text:sub(1, MAX_SHOWN_BYTES) .. "…"
end

-- Adds a message to the tree. Returns its text in the row of its packet; nil where it is none.
local function add_message(buffer, text, first, after, tree)
  local range = buffer(first - 1, after - first)
  local top = members(text, first)
  local message_type = top and string_at(text, top.message_type)
  if not message_type then return nil end
  local payload = top.payload
  local inner = payload and text:sub(payload.first, payload.first) == "{" and members(text, payload.first) or {}
  local id = string_at(text, inner.id)
  local hops = inner.hops and tonumber(text:sub(inner.hops.first, inner.hops.after - 1))
  local subtree = tree:add(devnet, range)
  local row = message_type
  local type_member = top.message_type
  subtree:add(fields.type, buffer(type_member.first - 1, type_member.after - type_member.first), message_type)
  if id then
    subtree:add(fields.id, buffer(inner.id.first - 1, inner.id.after - inner.id.first), id)
    row = row .. " id=" .. shorten(id)
  end
  -- A message that has not travelled may leave it out.
  if message_type == "gossip" then hops = hops or 0 end
  if hops then
    local place = inner.hops and buffer(inner.hops.first - 1, inner.hops.after - inner.hops.first) or range
    subtree:add(fields.hops, place, hops)
    row = row .. " hops=" .. hops
  end
  if payload then
    local value = text:sub(payload.first, payload.after - 1)
    subtree:add(fields.payload, buffer(payload.first - 1, payload.after - payload.first), shorten(value))
    if not id then row = row .. " " .. shorten(value) end
  end
  subtree:add(fields.length, range, #range:raw())
  subtree:set_text("devnet " .. row)
  return row
end

local function add_malformed(buffer, text, first, after, tree)
  local shown = shorten(text:sub(first, after - 1))
  local subtree = tree:add(devnet, buffer(first - 1, after - first))
  subtree:add(fields.malformed, buffer(first - 1, after - first), shown)
  subtree:add_proto_expert_info(malformed_expert)
  subtree:set_text("devnet, not a message: " .. shown)
  return "not a message"
end

-- Dissects the messages of a piece of a stream, and asks for more where the last one is not complete.
function devnet.dissector(buffer, packet, tree)
  local text = buffer:raw()
  local rows = {}
  local position = text:find("%S", 1)
  while position do
    local after = text:sub(position, position) == "{" and after_container(text, position)
    local blank, after_blank = blank_line(text, position)
    if after and not (blank and blank < after) then
      local row = add_message(buffer, text, position, after, tree)
      rows[#rows + 1] = row or add_malformed(buffer, text, position, after, tree)
      position = text:find("%S", after)
    elseif blank then
      rows[#rows + 1] = add_malformed(buffer, text, position, blank, tree)
      position = text:find("%S", after_blank)
    elseif #text - position < MAX_MESSAGE_BYTES and text:sub(position, position) == "{" then
      packet.desegment_offset = position - 1
      packet.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      break
    else
      rows[#rows + 1] = add_malformed(buffer, text, position, #text + 1, tree)
      break
    end
  end
  packet.cols.protocol = "devnet"
  if #rows > 0 then
    packet.cols.info:set(table.concat(rows, " | "))
    packet.cols.info:fence()
  end
  return #text
end

-- Takes a connection on any port whose piece begins like a message.
local function looks_like_message(buffer, packet, tree)
  local text = buffer:raw(0, math.min(buffer:len(), 4096))
  if not text:find('^%s*{.-"message_type"%s*:%s*"') then return false end
  packet.conversation = devnet
  devnet.dissector(buffer, packet, tree)
  return true
end

DissectorTable.get("tcp.port"):add(DEFAULT_PORT, devnet)
devnet:register_heuristic("tcp", looks_like_message)
