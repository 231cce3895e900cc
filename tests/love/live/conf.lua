-- Where told to: before LÖVE has loaded its modules.
if os.getenv "PERI_EARLY" then
  package.cpath = os.getenv "PERI_CPATH" .. ";" .. package.cpath
  require "perilune.reload"
  assert(not love.event, "LÖVE loads love.event before conf.lua")
end

function love.conf(t)
  t.identity = "perilune-live"
  t.window.width, t.window.height, t.window.vsync = 64, 64, 0
end
