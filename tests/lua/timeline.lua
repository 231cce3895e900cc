-- AudioParam's list of events as Web Audio 1.1, section 1.6, tells of it, read literally and slowly: what the specs
-- compare perilune with. Times are in frames. Each method returns whether it is allowed.
local Timeline = {}
Timeline.__index = Timeline

function Timeline.new(value) return setmetatable({ value = value, events = {} }, Timeline) end

local function isRamp(event) return event ~= nil and (event.type == "linear" or event.type == "exponential") end

-- 1.6.2 setValueCurveAtTime
local function onCurve(event, time)
  local values = event.values
  local place = (time - event.time) / event.duration * (#values - 1)
  if place >= #values - 1 then return values[#values] end
  local k = math.floor(place)
  return values[k + 1] + (values[k + 2] - values[k + 1]) * (place - k)
end

-- What `state`, of the last event that has come, gives at a time.
local function continued(state, time)
  local event = state.event
  if not event then return state.value end
  if event.type == "curve" then return onCurve(event, math.min(time, event.stop)) end
  if event.constant <= 0 then return event.value end
  return event.value + (state.value - event.value) * math.exp(-(time - state.time) / event.constant)
end

-- 1.6.2 linearRampToValueAtTime, exponentialRampToValueAtTime, from `state` on.
local function onRamp(state, ramp, time)
  local from, value = state.time, state.value
  if state.event and state.event.type == "curve" then
    from, value = state.event.stop, onCurve(state.event, state.event.stop)
  end
  if time < from then return continued(state, time) end
  if time >= ramp.time or ramp.time <= from then return ramp.value end
  local part = (time - from) / (ramp.time - from)
  if ramp.type == "linear" then return value + (ramp.value - value) * part end
  return value * ramp.value <= 0 and value or value * (ramp.value / value) ^ part
end

-- 1.6.3 the intrinsic value
function Timeline:at(time)
  local state = { time = -math.huge, value = self.value }
  for i, event in ipairs(self.events) do
    if event.time > time then return isRamp(event) and onRamp(state, event, time) or continued(state, time) end
    if event.type == "set" or isRamp(event) then
      state = { time = event.time, value = event.value }
    else
      local before = continued(state, event.time)
      local replaced = event.type == "target" and isRamp(self.events[i + 1])
      state = { time = event.time, value = before, event = not replaced and event or nil }
    end
  end
  return continued(state, time)
end

-- 1.6, the rules for overlaps and for the order of events.
function Timeline:insert(now, event)
  event.time = math.max(event.time, now)
  local stop = event.time + (event.duration or 0)
  for _, other in ipairs(self.events) do
    if other.type == "curve" and event.time >= other.time and event.time < other.stop then return false end
    if event.type == "curve" and other.time > event.time and other.time < stop then return false end
  end
  event.stop = stop
  local place = 1
  while self.events[place] and self.events[place].time <= event.time do place = place + 1 end
  local before = self.events[place - 1]
  if isRamp(event) and (not before or before.type == "target" and before.time < now) then
    table.insert(self.events, place, { type = "set", time = now, value = self:at(now), stays = true })
    place = place + 1
  end
  table.insert(self.events, place, event)
  return true
end

-- 1.6.1 value: what is set directly stays when events of its time are cancelled (1.6.3).
function Timeline:assign(now, value)
  return self:insert(now, { type = "set", time = now, value = value, stays = true })
end

-- 1.6.2 cancelScheduledValues
function Timeline:cancel(now, time)
  time = math.max(time, now)
  local kept = {}
  for _, event in ipairs(self.events) do
    local within = event.type == "curve" and event.stop >= now and time >= event.time and time <= event.stop
    if event.stays or event.time < time and not within then kept[#kept + 1] = event end
  end
  self.events = kept
  return true
end

-- 1.6.2 cancelAndHoldAtTime, its steps 1 to 5.
function Timeline:hold(now, time)
  time = math.max(time, now)
  local kept = {}
  for _, event in ipairs(self.events) do
    if event.time <= time then kept[#kept + 1] = event end
  end
  local before, after = kept[#kept], self.events[#kept + 1]
  local within = before and before.type == "curve" and time < before.stop
  if isRamp(after) and not within then
    kept[#kept + 1] = { type = after.type, time = time, value = self:at(time) }
  elseif before and before.type == "target" then
    kept[#kept + 1] = { type = "set", time = time, value = self:at(time) }
  elseif within then
    before.stop = time
  end
  self.events = kept
  return true
end

return Timeline
