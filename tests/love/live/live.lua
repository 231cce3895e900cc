-- What the scenes share: a scene saves files of the game it runs in, and waits for what comes of it. It runs behind
-- love.event.pump, so that main.lua and love's callbacks are its to change.
local reload = require "perilune.reload"

local live = { folder = love.filesystem.getSource(), reports = {} }
local deadline = love.timer.getTime() + 20

reload.report(function(kind, text) table.insert(live.reports, { kind = kind, text = text }) end)

-- At once: the exit code says it, even where LÖVE would catch an error.
function live.fail(message)
  io.stderr:write("FAILED: ", debug.traceback(message, 2), "\n")
  for _, report in ipairs(live.reports) do io.stderr:write("  ", report.kind, ": ", report.text, "\n") end
  os.exit(99)
end

function live.check(condition, message)
  if not condition then live.fail(message) end
end

function live.same(wanted, got)
  if wanted ~= got then live.fail(("%s, not %s"):format(tostring(got), tostring(wanted))) end
end

function live.waitUntil(what, condition)
  while not condition() do
    if love.timer.getTime() > deadline then live.fail("waited in vain until " .. what) end
    coroutine.yield()
  end
end

function live.frames(count)
  for _ = 1, count do coroutine.yield() end
end

function live.run(steps)
  local thread, pump = coroutine.create(steps), love.event.pump
  function love.event.pump(...) -- luacheck: ignore 122
    pump(...)
    local well, message = coroutine.resume(thread)
    if not well then live.fail(debug.traceback(thread, message)) end
  end
end

function live.done(how)
  print "done"
  love.event.quit(how)
  while true do coroutine.yield() end
end

-- ---- Saving ---------------------------------------------------------------------------------------------------------

function live.read(name)
  local file = assert(io.open(live.folder .. "/" .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

function live.write(name, text)
  local file = assert(io.open(live.folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
end

local function report(kind, name, text)
  local before = #live.reports
  live.write(name, text)
  live.waitUntil(name .. " was taken", function() return #live.reports > before end)
  local got = live.reports[before + 1]
  if got.kind ~= kind then live.fail(("%s: %s"):format(got.kind, got.text)) end
  return got.text
end

function live.reloaded(name, text) return report("reloaded", name, text) end
function live.refused(name, text) return report("error", name, text) end

-- main.lua begins always so.
local head = love.filesystem.read "main.lua"
function live.main(text) return head .. text end

return live
