-- What love.load does is not main.lua's own: it is not done again, and does not go.
local live = require "live"
local focus, calls = love.focus, 0

function love.focus()
  calls = calls + 1
  focus()
end

return function()
  local function check(by, visible)
    calls = 0
    love.focus()
    love.visible()
    live.same(1, calls)
    live.same(by, live.focus)
    live.same(visible, live.visible)
  end
  check("old", "old")
  live.reloaded("main.lua", (live.main "":gsub('"old"', '"new"')))
  check("new", "old") -- love.visible is what love.load has set
  live.reloaded("main.lua", (live.main "":gsub('"old"', '"newer"')))
  check("newer", "old")
  live.done()
end
