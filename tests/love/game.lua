-- What the scenes share. A scene is a list of steps that may wait; love.event.pump drives perilune.
local ffi = require "ffi"
local perilune = require "where"

ffi.cdef [[
  uint32_t SDL_WasInit(uint32_t flags);
  int setenv(const char *name, const char *value, int overwrite);
]]

local game = {}
local deadline = love.timer.getTime() + 15

-- At once, with whatever threads there are: the exit code says it, even where LÖVE would catch an error.
function game.fail(message)
  io.stderr:write("FAILED: ", debug.traceback(message, 2), "\n")
  os.exit(99)
end

function game.check(condition, message)
  if not condition then game.fail(message) end
end

function game.waitUntil(what, condition)
  while not condition() do
    if love.timer.getTime() > deadline then game.fail("waited in vain until " .. what) end
    coroutine.yield()
  end
end

function game.waitForClock(seconds)
  local finish = perilune.now() + seconds
  game.waitUntil("perilune's clock went on", function() return perilune.now() >= finish end)
end

function game.run(steps)
  local thread = coroutine.create(steps)
  function love.update()
    local well, message = coroutine.resume(thread)
    if not well then game.fail(debug.traceback(thread, message)) end
  end
end

-- A scene that is one of these functions.
function game.scene(cases)
  return function(case)
    game.run(function()
      cases[case]()
      game.done()
    end)
  end
end

function game.loop(settings)
  settings = settings or {}
  settings.loop = true
  return perilune.load("sounds/laser.ogg"):play(settings)
end

function game.start(case)
  local worker = love.thread.newThread "worker.lua"
  worker:start(case)
  return worker
end

-- The subsystems of SDL in use, and whether audio is one: LÖVE never asks for that one itself.
function game.subsystems() return ffi.C.SDL_WasInit(0) end
function game.hasAudio() return ffi.C.SDL_WasInit(0x10) ~= 0 end

-- What outlives a restart, and what threads see.
function game.remember(name, value) ffi.C.setenv(name, value, 1) end

function game.done(how)
  print "done"
  love.event.quit(how)
  while true do coroutine.yield() end
end

return game
