-- Loops that no script can reach any more: they fade out when a file has been replaced. One that nobody could reach
-- before either was meant to play on by itself; it goes with the file that has begun it.
local core = ...
local versions = require "perilune.versions"

local FADE = .05 -- seconds
local SWEEP = 5 -- seconds after which loops that have ended are forgotten

local loops = {}   -- source without its handle → weak {handle, Sound, held = whether either was reached before,
                   -- version = whose code has begun it, by = in its "run", or by its "functions" later on}
local weak = { __mode = "v" }
local looped = setmetatable({}, { __mode = "k" }) -- handle of a node → its source
local left = {}    -- source → by: that version has been replaced
local due = false  -- they are looked through at the next update

local orphans = {}

local swept, count, most = 0, 0, 64 -- when they were last; how many have begun since then, and may

local function sweep()
  count, most, swept = 0, 64, core.seconds()
  for source in pairs(loops) do
    if core.isGone(source) then loops[source], left[source] = nil, nil else most = most + 1 end
  end
end

-- A source begins to loop, or another one without an end is started.
function orphans.looping(source, handle, sound)
  count = count + 1
  if count > most then sweep() end
  local version = versions.current()
  local by = version and (versions.innermost() and "run" or "functions") or nil
  loops[source] = setmetatable({ handle, sound, version = version, by = by }, weak)
  if not sound then looped[handle] = source end
end

-- Before files are run again: which of them can be reached.
function orphans.look()
  if not next(loops) then return end
  collectgarbage()
  for _, reached in pairs(loops) do reached.held = reached[1] ~= nil or reached[2] ~= nil end
end

-- One was told when to end: it needs nobody any more.
function orphans.ending(handle)
  local source = looped[handle]
  if not source then return end
  looped[handle], loops[source], left[source] = nil, nil, nil
end

-- A source whose Sound can be reached can still be stopped by it; but not by who replaced the file that began it.
local function fadeOrphans()
  collectgarbage()
  for source, reached in pairs(loops) do
    if core.isGone(source) then
      loops[source], left[source] = nil, nil
    elseif not reached[1] and (left[source] == "run" or not reached[2] and (left[source] or reached.held)) then
      core.fadeOut(source, FADE)
      loops[source], left[source] = nil, nil
    end
  end
end

-- A version is replaced now.
function orphans.leave(version)
  for source, reached in pairs(loops) do
    if reached.version == version then left[source] = reached.by end
  end
end

function orphans.lookLater() due = true end

function orphans.update()
  if due then
    due = false
    fadeOrphans()
  end
  if core.seconds() > swept + SWEEP then sweep() end
end

return orphans
