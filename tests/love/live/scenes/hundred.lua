-- A hundred trials that make LÖVE's and perilune's objects and fail, and LÖVE is none the worse for it.
local live = require "live"
local perilune = require "perilune"

local function memory()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

return function()
  local good = [[
    picture = love.image.newImageData(4, 4)
    tones = love.sound.newSoundData(8, 48000, 16, 1)
    picture:setPixel(1, 1, 1, 0, 0, 1)
    tones:setSample(1, .5)
    local image = love.graphics.newImage(picture)
    function love.draw() love.graphics.draw(image) _G.drawn = (_G.drawn or 0) + 1 end]]
  live.reloaded("main.lua", live.main(good))
  local update, channel = perilune.update, love.thread.getChannel "hundred"
  local bad = [[
    local image = love.graphics.newImage(love.image.newImageData(16, 16))
    local canvas = love.graphics.newCanvas(16, 16)
    local batch, mesh = love.graphics.newSpriteBatch(image), love.graphics.newMesh(4)
    local shader = love.graphics.newShader "vec4 effect(vec4 c, Image t, vec2 a, vec2 b) { return c; }"
    local source = love.audio.newSource("sounds/click.wav", "static")
    local world = love.physics.newWorld()
    world:setCallbacks(function() end)
    local thread = love.thread.newThread "require 'love.timer' love.timer.sleep(.001)"
    thread:start()
    love.thread.getChannel("hundred"):push { trial = true }
    everything = { image, canvas, batch, mesh, shader, source, world, thread, love.math.newRandomGenerator(1) }
    love.graphics.setCanvas(canvas)
    love.graphics.setShader(shader)
    love.graphics.draw(image)
    love.graphics.push "all"
    love.math.random()
    for key in pairs(love) do love[key] = nil end
    require("perilune").load("sounds/laser.wav"):play { loop = true }
    everything.at.fault = NUMBER]]
  local sources, state = perilune.stats().sourcesPlaying, love.math.getRandomState()
  local least, first
  for number = 1, 100 do
    live.refused("main.lua", live.main((bad:gsub("NUMBER", number))))
    live.check(not _G.everything and love.graphics and love.draw, "a half of it was taken")
    live.same(state, love.math.getRandomState())
    channel:pop()
    if number == 10 then first = memory() end
    local drawn = _G.drawn
    live.waitUntil("it drew on", function() return _G.drawn > drawn end)
    if number % 10 == 0 then least = math.min(least or math.huge, memory()) end
  end
  live.check(memory() < first + 200, ("memory grew from %d to %d KiB"):format(first, memory()))
  live.waitUntil("it was quiet", function() return perilune.stats().sourcesPlaying == sources end)

  -- What a trial releases is released; LÖVE remembers no address of it.
  local picture, tones = _G.picture, _G.tones
  picture:getPixel(1, 1)
  tones:getSample(1)
  live.refused("main.lua", live.main "picture:release() tones:release() error 'late'")
  live.check(not pcall(picture.getPixel, picture, 1, 1), "the picture was released and is there")
  live.check(not pcall(tones.getSample, tones, 1), "the tones were released and are there")

  live.reloaded("main.lua", live.main(good .. " --"))
  local heard
  function love.keypressed(key) heard = key end
  love.event.push("keypressed", "a")
  live.waitUntil("LÖVE's events came", function() return heard == "a" end)
  live.check(perilune.update == update and _G.picture:getPixel(1, 1) == 1, "the next version is not well")
  local canvas = love.graphics.newCanvas(4, 4)
  love.graphics.setCanvas(canvas)
  love.graphics.clear(1, 0, 0)
  love.graphics.setCanvas()
  live.same(1, (canvas:newImageData():getPixel(1, 1)))
  live.done()
end
