-- love's callbacks that modules wrap, as libraries of states, consoles and shaders do.
local live = require "live"

local function count(name)
  return ("function love.%s() _G.counts.%s = (_G.counts.%s or 0) + VERSION end\n"):format(name, name, name)
end

return function()
  _G.counts = {}
  local text = count "update" .. count "draw"
  live.reloaded("main.lua", live.main((text:gsub("VERSION", "1"))))

  -- A wrapper in a module, which calls what it found.
  local wrap = [[
    local previous = love.draw
    function love.draw(...)
      _G.counts.wrapped = VERSION
      return previous(...)
    end]]
  live.write("wrap.lua", (wrap:gsub("VERSION", "1")))
  require "wrap"
  local function drawn(by, main)
    _G.counts = {}
    live.frames(2)
    live.waitUntil("it was drawn", function() return _G.counts.draw end)
    local draw = _G.counts.draw
    live.frames(1)
    live.same(main, _G.counts.draw - draw)
    live.same(by, _G.counts.wrapped)
  end
  drawn(1, 1)
  live.reloaded("wrap.lua", (wrap:gsub("VERSION", "2")))
  drawn(2, 1)
  live.reloaded("main.lua", live.main((text:gsub("VERSION", "10"))))
  drawn(2, 10)
  live.reloaded("wrap.lua", (wrap:gsub("VERSION", "3")))
  drawn(3, 10)
  live.refused("wrap.lua", wrap .. " error 'late'")
  drawn(3, 10)
  live.reloaded("main.lua", live.main((text:gsub("VERSION", "100"))))
  drawn(3, 100)
  live.reloaded("wrap.lua", "-- wraps no more")
  drawn(nil, 100)

  -- One that wraps all of them later, when love.load calls it.
  live.write("states.lua", [[
    local states, registry = {}, {}
    function states.register()
      for _, name in ipairs { "update", "draw" } do
        registry[name] = love[name] or function() end
        love[name] = function(...)
          registry[name](...)
          _G.counts["state_" .. name] = (_G.counts["state_" .. name] or 0) + 1
        end
      end
    end
    return states]])
  require("states").register()
  live.reloaded("main.lua", live.main((text:gsub("VERSION", "1000"))))
  _G.counts = {}
  live.waitUntil("the states are updated", function() return _G.counts.state_update and _G.counts.state_draw end)
  drawn(nil, 1000)
  live.done()
end
