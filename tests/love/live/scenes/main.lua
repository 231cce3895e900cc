-- main.lua itself is saved: callbacks become the new ones, and go.
local live = require "live"
local perilune = require "perilune"

return function()
  local function saved(text) live.reloaded("main.lua", live.main(text)) end
  local load = love.load
  local pump, update = love.event.pump, perilune.update
  saved [[
    score = 1
    local n, kept = 0, require("perilune").persist("main.kept", { n = 0 })
    function love.update() n, kept.n = n + 1, kept.n + 1 _G.seen, _G.kept = n, kept.n end
    function love.draw() _G.drawn = "one" end
    function love.keypressed(key) _G.key = key end
    function love.load() error "loaded again" end]]
  live.check(love.load == load and not pcall(load), "love.load is not the new one")
  live.waitUntil("love.update and love.draw ran", function() return _G.seen and _G.drawn == "one" end)
  love.event.push("keypressed", "space")
  live.waitUntil("love.keypressed ran", function() return _G.key == "space" end)
  live.frames(5)
  local kept, captured = _G.kept, love.update
  saved [[
    score = 2
    local n, kept = 100, require("perilune").persist("main.kept", { n = 0 })
    function love.update() n, kept.n = n + 1, kept.n + 1 _G.seen, _G.kept = n, kept.n end
    function love.draw() _G.drawn = "two" end]]
  live.check(love.keypressed == nil, "love.keypressed is there still")
  live.waitUntil("the new ones ran", function() return _G.drawn == "two" end)
  live.check(_G.seen > 100 and _G.kept > kept, "the counts are " .. _G.seen .. " and " .. _G.kept)
  live.same(2, _G.score)
  local seen = _G.seen
  captured()
  live.same(seen + 1, _G.seen)
  live.check(love.event.pump == pump and perilune.update == update, "the loop changed")
  saved "-- nothing at all"
  live.check(love.update == nil and love.draw == nil, "love.update is there still")
  live.same(2, _G.score)
  live.done()
end
