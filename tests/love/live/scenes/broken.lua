-- A broken save changes nothing, also nothing of LÖVE, and says what is wrong.
local live = require "live"
local reload = require "perilune.reload"

return function()
  local good = [[
    n = 1
    function love.update() _G.updated = 1 end
    function love.draw() _G.drawn = (_G.drawn or 0) + 1 end
    function love.keypressed() end]]
  live.reloaded("main.lua", live.main(good))
  local update, draw, keypressed = love.update, love.draw, love.keypressed
  local function unchanged()
    live.check(love.update == update and love.draw == draw and love.keypressed == keypressed, "callbacks changed")
    live.check(not love.mousepressed and _G.n == 1 and not _G.more, "a half of it was taken")
    local drawn = _G.drawn
    live.waitUntil("it drew on", function() return _G.drawn > drawn + 2 end)
  end

  local lines = select(2, live.main "":gsub("\n", ""))
  local message = live.refused("main.lua", live.main "function love.draw()\n = 2 end")
  live.check(message:find(("main.lua:%d: "):format(lines + 2), 1, true), message)
  live.same(message, reload.error)
  unchanged()

  message = live.refused("main.lua", live.main [[
    n, more = 2, 3
    function love.draw() end
    function love.mousepressed() end
    love.keypressed = nil
    local function fall() error "on purpose" end
    fall()]])
  live.check(message:find(("main.lua:%d: on purpose"):format(lines + 5), 1, true), message)
  live.check(message:find "stack traceback:" and message:find "'fall'" and message:find "in main chunk", message)
  live.check(message:find "in main chunk$", message)
  live.check(not message:find "boot.lua", "the traceback tells of LÖVE's loop: " .. message)
  unchanged()

  message = live.refused("main.lua", live.main "love.update = nothing.at.all")
  live.check(message:find "attempt to index global 'nothing'", message)
  unchanged()

  -- What LÖVE draws with is as it was, whatever the trial was about.
  local canvas = love.graphics.newCanvas(8, 8)
  love.graphics.setColor(.25, .5, .75)
  love.graphics.setScissor(1, 2, 30, 40)
  love.graphics.setBackgroundColor(.5, .25, 1)
  local function state()
    local r, g, b = love.graphics.getColor()
    local x, y, w, h = love.graphics.getScissor()
    local mode, alpha = love.graphics.getBlendMode()
    return table.concat({ r, g, b, tostring(x), tostring(y), tostring(w), tostring(h), mode, alpha,
      love.graphics.getLineWidth(), love.graphics.getLineStyle(), love.graphics.getDefaultFilter(),
      tostring(love.graphics.isWireframe()), tostring(love.graphics.getShader()), tostring(love.graphics.getFont()),
      tostring(love.graphics.getCanvas()),
      tostring(select(2, love.graphics.getColorMask())), love.graphics.getStackDepth(),
      love.graphics.transformPoint(0, 0) }, " ")
  end
  local before = state()
  _G.canvas = canvas
  live.refused("main.lua", live.main [[
    love.graphics.setColor(1, 0, 0)
    love.graphics.setFont(love.graphics.newFont(40))
    love.graphics.setLineWidth(20)
    love.graphics.setLineStyle "rough"
    love.graphics.setBlendMode("add", "premultiplied")
    love.graphics.setBackgroundColor(1, 1, 1)
    love.graphics.setDefaultFilter("nearest", "nearest")
    love.graphics.setWireframe(true)
    love.graphics.setColorMask(true, false, true, false)
    love.graphics.setScissor()
    love.graphics.setShader(love.graphics.newShader "vec4 effect(vec4 c, Image t, vec2 a, vec2 b) { return c; }")
    love.graphics.push "all"
    love.graphics.translate(100, 100)
    love.graphics.setCanvas(canvas)
    error "in the midst of drawing"]])
  live.same(before, state())
  unchanged()

  live.reloaded("main.lua", live.main(good))
  live.same(nil, reload.error)
  live.done()
end
